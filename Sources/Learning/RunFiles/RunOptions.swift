import MobileNet
import Options

extension RunOption {
  /// All options of a run, in the order of the help. A new one is an entry here and the property of
  /// `RunConfiguration` that holds its value.
  public static let all: [RunOption] = dataOptions + trainingOptions + workerOptions + runOptions

  /// An option that runs of earlier builds have in their files: whether more than 1 % of the
  /// photographs might be undecodable, which `undecodable-max` says now.
  static let retired = "allow-undecodable"

  private static let dataOptions = [
    RunOption(
      .data, "data", \.data,
      .text("DIR|NAME", expectation: "a folder with a subfolder of photographs for each class"),
      // Its digest decides, not its name.
      .decidesCourse,
      "the photographs: a folder with a subfolder for each class; 'flowers' or 'cats-vs-dogs', which "
        + "'tl-coord fetch' explains; or 'demo': painted flowers"),
    RunOption(
      .data, "data-validation", \.dataValidation,
      .optionalText("DIR", "a folder with a subfolder for each class"), .decidesCourse,
      "photographs to validate with, if they lie in a folder of their own"),
    RunOption(
      .data, "data-test", \.dataTest,
      .optionalText("DIR", "a folder with a subfolder for each class"), .decidesCourse,
      "photographs to report on at the end, if they lie in a folder of their own"),
    RunOption(
      .data, "labels", \.labels, .optionalText("FILE.csv", "a file of lines PATH,LABEL"),
      .decidesCourse,
      "the labels, if folders don't say them: a file of lines PATH,LABEL or PATH,LABEL,PART"),
    RunOption(
      .data, "layout", \.layout, .word(), .decidesCourse,
      "whether folders named train, val or test are the parts of a split dataset if they look like "
        + "it (auto), or always classes"),
    RunOption(
      .data, "undecodable-max", \.undecodableMax, .number(0...1, placeholder: "SHARE"),
      .decidesCourse,
      "the share of the files that is left out, with a warning, because they are no photographs or "
        + "can't be decoded; more is an error"),
    RunOption(
      .data, "strict-data", \.strictData, .yesOrNo, .decidesCourse,
      "stop and name them all if any photographs would be left out"),
    RunOption(
      .data, "backbone", \.backbone, .text("FILE|NAME", expectation: "an ONNX file"),
      .decidesCourse,
      "the pretrained network: a MobileNet as an ONNX file; 'mobilenet-v2' or 'mobilenet-v3-large', "
        + "which are fetched; or 'demo': a small one that comes with tl"),
    RunOption(
      .data, "preprocess", \.preprocess, .preprocess, .decidesFeatures,
      shown: "what the file says, or else what serves best in a trial",
      "how the backbone wants its pixels: from -1 to 1 (inception), by ImageNet's mean and standard "
        + "deviation (imagenet), from 0 to 1 (unit), as they are (raw), or by other numbers"),
    RunOption(
      .data, "input-size", \.inputSize, .integer(0...1024), .decidesFeatures,
      shown: "what the file says",
      "height and width in pixels of a backbone whose file leaves them free"),
    RunOption(
      .data, "fit", \.fit, .word(), .decidesFeatures,
      "how pictures of another shape become the backbone's input: the middle that has its shape (crop), "
        + "all of them squeezed into it (stretch), or all of them with grey beside (pad)"),
    RunOption(
      .data, "depths", \.depths, .integer(1...StandardizedBackbone.depthsMax), .decidesFeatures,
      "how much of the backbone the classifier sees: its own features (1), and the averages of so many "
        + "more of its last layers"),
    RunOption(
      .data, "validation", \.validation, .number(between: 0, and: 1, placeholder: "SHARE"),
      .decidesAnswer, "the share of each class that is kept to measure accuracy"),
    RunOption(
      .data, "group", \.group, .optionalText("PATTERN", "'folder' or a regular expression"),
      .decidesAnswer,
      "photographs that belong together validate together: those of one folder ('folder'), or those "
        + "in whose paths the expression's parentheses match the same"),
    RunOption(
      .data, "variants", \.variants, .integer(1...256), .decidesAnswer,
      "crops and flips of each photograph to train on, including the plain one"),
  ]

  private static let trainingOptions = [
    RunOption(
      .training, "epochs", \.epochs, .integer(1...100_000), .decidesAnswer,
      shown: "6, and 30 for the demo",
      // The demo's small backbone learns longer.
      settled: { $0.data == RunConfiguration.demo ? 30 : RunConfiguration().epochs },
      "how often every photograph is seen"),
    RunOption(
      .training, "batch-size", \.batchSize, .integer(1...1 << 20), .decidesAnswer,
      "photographs in each step"),
    RunOption(
      .training, "optimizer", \.optimizer, .word(), .decidesAnswer,
      "AdamW, or gradient descent with momentum"),
    RunOption(
      .training, "learning-rate", \.learningRate, .number(above: 0, to: 1000, placeholder: "RATE"),
      .decidesAnswer, shown: "0.001 for adam, 0.01 for sgd",
      settled: { $0.optimizer.defaultLearningRate }, "the size of each step"),
    RunOption(
      .training, "schedule", \.schedule, .word(), .decidesAnswer,
      "keep the learning rate, or let it fall along a cosine"),
    RunOption(
      .training, "weight-decay", \.weightDecay, .number(0...1, placeholder: "SHARE"),
      .decidesAnswer, "how strongly weights are pulled towards 0"),
    RunOption(
      .training, "momentum", \.momentum, .number(0..<1, placeholder: "SHARE"), .decidesAnswer,
      "the momentum of gradient descent"),
    RunOption(
      .training, "label-smoothing", \.labelSmoothing, .number(0..<1, placeholder: "SHARE"),
      .decidesAnswer, "the part of each label that is spread over all classes"),
    RunOption(
      .training, "class-weights", \.classWeights, .word(), .decidesAnswer,
      "whether each photograph counts the same (none), or each class, however few it has (balanced)"
    ),
    RunOption(
      .training, "seed", \.seed, .integer(0...UInt64.max), .decidesAnswer,
      "the same photographs, backbone, options and seed give the same classifier, bit for bit"),
    RunOption(
      .training, "precision", \.precision, .word(), .decidesFeatures, "the backbone's arithmetic"),
  ]

  private static let workerOptions = [
    RunOption(
      .workers, "listen", \.listen,
      ValueReader<[HostPort]>.listeningAddresses.mapped { addresses in
        addresses.map(\.description).joined(separator: ",")
      },
      .decidesCourse,
      "where workers connect, one address or several; 0.0.0.0:5555 lets other machines in"),
    RunOption(
      .workers, "local-workers", \.localWorkers, .integer(0...1024), .decidesCourse,
      shown: "1, 2 for the demo, and 0 where --listen lets other machines in",
      settled: { $0.localWorkersUnlessGiven }, "workers to start on this machine"),
    RunOption(
      .workers, "worker-threads", \.workerThreads, .integer(0...1024), .decidesCourse,
      shown: "the cores divided among them", "threads of each local worker"),
    RunOption(
      .workers, "min-workers", \.minWorkers, .integer(1...100_000), .decidesCourse,
      "wait for this many workers before training begins"),
    RunOption(
      .workers, "audit", \.audit, .number(0...1, placeholder: "FRACTION"), .decidesCourse,
      "compute this fraction of the workers' answers a second time and compare; a worker that gave "
        + "a wrong answer is refused, and the run goes back to before its first contribution"),
  ]

  private static let runOptions = [
    RunOption(
      .run, "run", \.run,
      ValueReader(
        placeholder: "NAME", expectation: "a name of letters, digits, '.', '_' and '-'",
        read: { RunDirectory.isUsable(name: $0) ? $0 : nil }),
      .decidesCourse, shown: "the data's name and a number", "the run's name and folder"),
    RunOption(
      .run, "checkpoint-every", \.checkpointEvery, .number(0...86_400, placeholder: "SECONDS"),
      .decidesCourse, "seconds between checkpoints within an epoch"),
    RunOption(
      .run, "progress", \.progress, .word(), .decidesDisplay,
      "a live view on a terminal and lines elsewhere (auto), always lines (plain), the progress "
        + "log's JSON (json), or nothing (none)"),
  ]
}

extension RunConfiguration {
  /// A run that no other machine can join computes by itself; the demo shows how work is shared.
  fileprivate var localWorkersUnlessGiven: Int {
    if data == RunConfiguration.demo { return 2 }
    return HostPort.list(listen)?.allSatisfy(\.isLoopback) == true ? 1 : 0
  }
}

extension ValueReader where Value == Preprocess {
  fileprivate static var preprocess: Self {
    Self(
      placeholder: "HOW",
      expectation:
        "inception, imagenet, unit, raw, or mean and deviation of red, green and blue such as "
        + "0.5,0.5,0.5/0.2,0.2,0.2"
    ) { Preprocess(rawValue: $0) }
  }
}

extension ValueReader where Value == String {
  /// A text, or the empty one for none.
  fileprivate static func optionalText(_ placeholder: String, _ expectation: String) -> Self {
    Self(placeholder: placeholder, expectation: expectation) {
      $0.utf8.count <= 4096 ? $0 : nil
    }
  }
}
