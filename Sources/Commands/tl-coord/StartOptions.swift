import CommandLine
import RunFiles
import Training

/// The options of `tl-coord start`.
enum StartOptions {
  static let data = Option<String>(
    "data",
    .text("DIR|demo", expectation: "a folder with a subfolder of photographs for each class"),
    default: Inputs.demo,
    "the photographs: a folder with a subfolder for each class, or 'demo': painted flowers")
  static let backbone = Option<String>(
    "backbone", .text("FILE|demo", expectation: "an ONNX file"), default: Inputs.demo,
    "the pretrained network: a MobileNet as an ONNX file, or 'demo': a small one that tl brings "
      + "along")
  static let preprocess = Option<PixelScaling>(
    "preprocess", .word(PixelScaling.self), default: .inception, shown: "inception",
    "how the backbone wants its pixels: from -1 to 1 (inception), or by ImageNet's mean and "
      + "deviation (imagenet)")
  static let validation = Option<Double>(
    "validation", .number("between 0 and 1", placeholder: "SHARE") { $0 > 0 && $0 < 1 },
    default: 0.3, "the share of each class that is kept to measure accuracy")
  static let variants = Option<Int>(
    "variants", .integer(1...256), default: 1,
    "crops and flips of each photograph to train on, the plain one included")
  static let allowUndecodable = Option<Bool>(
    flag: "allow-undecodable", "train even where more than 1 % of the photographs can't be decoded")

  static let epochs = Option<Int>(
    "epochs", .integer(1...100_000), default: 6, shown: "6, and 30 for the demo",
    "how often every photograph is seen")
  static let demoEpochCount = 30
  static let batchSize = Option<Int>(
    "batch-size", .integer(1...1 << 20), default: 32, "photographs of a step")
  static let optimizer = Option<Optimizer>(
    "optimizer", .word(Optimizer.self), default: .adam, shown: "adam",
    "AdamW, or gradient descent with momentum")
  static let learningRate = Option<Double?>(
    "learning-rate",
    ValueReader<Double>.number("above 0 and at most 1000", placeholder: "RATE") {
      $0 > 0 && $0 <= 1000
    }.optional,
    default: nil, shown: "0.001 for adam, 0.01 for sgd", "how far a step goes")
  static let schedule = Option<Schedule>(
    "schedule", .word(Schedule.self), default: .constant, shown: "constant",
    "whether the learning rate stays or falls along a cosine")
  static let weightDecay = Option<Double>(
    "weight-decay", .number("from 0 to 1", placeholder: "SHARE") { $0 >= 0 && $0 <= 1 },
    default: 0, shown: "0", "how strongly weights are drawn to 0")
  static let momentum = Option<Double>(
    "momentum", .number("from 0 to below 1", placeholder: "SHARE") { $0 >= 0 && $0 < 1 },
    default: 0.9, "of gradient descent")
  static let labelSmoothing = Option<Double>(
    "label-smoothing", .number("from 0 to below 1", placeholder: "SHARE") { $0 >= 0 && $0 < 1 },
    default: 0, shown: "0", "the part of each label that is spread over all classes")
  static let seed = Option<UInt64>(
    "seed", .integer(0...UInt64.max), default: 42,
    "same photographs, backbone, options and seed: same classifier, bit for bit")
  static let precision = Option<Precision>(
    "precision", .word(Precision.self), default: .int8, shown: "int8", "the backbone's arithmetic")

  static let listen = Option<HostPort>(
    "listen", .listeningAddress, default: HostPort(host: "127.0.0.1", port: 5555),
    "where workers join; 0.0.0.0:5555 lets other machines in")
  static let localWorkers = Option<Int>(
    "local-workers", .integer(0...1024), default: 0,
    shown: "1, 2 for the demo, and 0 where --listen lets other machines in",
    "workers to start on this machine")
  static let demoWorkerCount = 2
  static let workerThreads = Option<Int>(
    "worker-threads", .integer(0...1024), default: 0, shown: "the cores divided among them",
    "threads of each of these workers")
  static let minWorkers = Option<Int>(
    "min-workers", .integer(1...100_000), default: 1, "wait for so many workers before beginning")

  static let audit = Option<Double>(
    "audit", .number("from 0 to 1", placeholder: "FRACTION") { $0 >= 0 && $0 <= 1 }, default: 0,
    shown: "0",
    "so many of the workers' answers are looked at twice; one that lies is refused, and the run "
      + "returns to where it began")

  static let run = Option<String?>(
    "run", .text("NAME", expectation: "a name"),
    "the run's name and folder; by default the data's name and a number")
  static let resume = Option<ResumeChoice>(
    "resume", .resumeChoice, default: .never, shown: "", bareValue: "newest",
    "go on with a run, from its newest checkpoint or from a file; options that aren't given are "
      + "those of the run")
  static let runs = Option<String>(
    "runs", .text("DIR", expectation: "a folder"), default: "runs", "the folder of all runs")
  static let checkpointEvery = Option<Double>(
    "checkpoint-every",
    .number("from 0 to 86400", placeholder: "SECONDS") { $0 >= 0 && $0 <= 86_400 },
    default: 10, shown: "10", "seconds between checkpoints within an epoch")
  static let progress = Option<ProgressStyle>(
    "progress", .word(ProgressStyle.self), default: .auto, shown: "auto",
    "a live view on a terminal and lines elsewhere (auto), always lines (plain), the progress "
      + "log's JSON (json), or nothing (none)")

  static let command = Command(
    "start", "train a classifier",
    groups: [
      OptionGroup(
        "What to train on",
        [
          data.declaration, backbone.declaration, preprocess.declaration, validation.declaration,
          variants.declaration, allowUndecodable.declaration,
        ]),
      OptionGroup(
        "How to train",
        [
          epochs.declaration, batchSize.declaration, optimizer.declaration,
          learningRate.declaration, schedule.declaration, weightDecay.declaration,
          momentum.declaration, labelSmoothing.declaration, seed.declaration,
          precision.declaration,
        ]),
      OptionGroup(
        "Who computes",
        [
          listen.declaration, localWorkers.declaration, workerThreads.declaration,
          minWorkers.declaration, audit.declaration,
        ]),
      OptionGroup(
        "The run",
        [
          run.declaration, resume.declaration, runs.declaration, checkpointEvery.declaration,
          progress.declaration,
        ]),
    ],
    readsConfiguration: true,
    notes: [
      "Examples:",
      "  tl-coord start                       the demo, with nothing of your own",
      "  tl-coord start --data photos --backbone mobilenet_v2.onnx",
      "  tl-coord start --data photos --backbone mobilenet_v2.onnx --listen 0.0.0.0:5555",
      "  tl-coord start --resume              go on with the newest run",
    ])
}

/// Where a run begins.
enum ResumeChoice: Equatable, Sendable {
  case never
  case newest
  case checkpoint(String)
}

extension ValueReader where Value == ResumeChoice {
  static var resumeChoice: Self {
    Self(placeholder: "CHECKPOINT", expectation: "a checkpoint's file") { text in
      switch text {
      case "": nil
      case "newest": .newest
      default: .checkpoint(text)
      }
    }
  }
}

extension ValueReader where Value: RawRepresentable<String> & CaseIterable {
  /// One of the words of an enumeration.
  static func word(_ type: Value.Type) -> Self {
    let words = type.allCases.map(\.rawValue)
    return Self(
      placeholder: words.joined(separator: "|"),
      expectation: "one of " + words.joined(separator: ", "), choices: words
    ) { Value(rawValue: $0) }
  }
}
