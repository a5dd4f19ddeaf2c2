import CommandLine
import Options
import RunFiles

/// The options of `tl-coord start`: those of the run, and where runs are and begin.
enum StartOptions {
  static let advertise = Option<HostPort?>(
    "advertise", .address, "the address that others reach this one by, where it is another")
  static let announce = Option<Bool>(
    flag: "announce",
    "let machines of the local network find the run by mDNS, so that 'tl-worker join' needs no address; "
      + "tells everybody there that a coordinator is here, and nothing of the run")
  static let insecure = Option<Bool>(
    flag: "insecure",
    "let in everybody who reaches the port, in the clear: only for a network that nobody else is in"
  )
  static let resume = Option<ResumeChoice>(
    "resume", .resumeChoice, default: .never, shown: "", bareValue: "newest",
    "continue a run, from its newest checkpoint or from a file; options that aren't given keep the "
      + "run's values, all but those of who gets in and where files are kept. 'if-any' begins the run where there is none, for services and batch jobs"
  )
  static let from = Option<String?>(
    "from", .text("RUN", expectation: "a run"),
    "start from the head of another run instead of from zero, with its backbone and, where others aren't "
      + "given, its options; photographs and classes may be others. The optimizer begins anew")
  static let best = Option<Bool>(
    flag: "best",
    "with --from: its epoch with the highest validation accuracy instead of its last one")
  /// The folder of all runs, unless another is given.
  static let runsFolder = "runs"
  static let runs = Option<String>(
    "runs", .text("DIR", expectation: "a folder"), default: runsFolder, "the folder of all runs")
  static let cache = Option<CacheChoice>(
    "cache", .cacheChoice, default: .standard, shown: "~/.cache/tl",
    "where features are kept, so that no photograph passes the backbone twice, or 'off'")

  static let mirror = Option<String?>(
    "mirror", .text("URL", expectation: "an address"),
    "ask this address for files of the catalogue first: a folder that has them by their names")

  /// Beside the options of the run, each group may have some of the command's own.
  private static let further: [RunOption.Group: [OptionDeclaration]] = [
    .data: [mirror.declaration],
    .workers: [
      advertise.declaration, announce.declaration, insecure.declaration,
    ],
    .run: [
      resume.declaration, from.declaration, best.declaration, runs.declaration, cache.declaration,
      PageOption.start.declaration, PageOption.keyFile.declaration, TensorBoard.option.declaration,
    ],
  ]

  static let command = Command(
    "start", "train a classifier",
    groups: RunOption.Group.allCases.map { group in
      OptionGroup(
        group.rawValue,
        RunOption.all.filter { $0.group == group }.map(\.declaration) + (further[group] ?? []))
    },
    readsConfiguration: true, strayOption: "data",
    notes: [
      "Examples:",
      "  tl-coord start                       the demo, with nothing of your own",
      "  tl-coord start --data flowers --backbone mobilenet-v2",
      "                                       public photographs and network, fetched when missing",
      "  tl-coord start --data photos --backbone mobilenet_v2.onnx --listen 0.0.0.0:5555",
      "                                       your own, with other machines",
      "  tl-coord start --resume              continue the newest run",
      "  tl-coord start --resume --epochs 12  for more epochs, where --schedule is constant",
      "  tl-coord start --from photos-1       train further on photographs that have changed",
    ])
}

/// Where a run begins.
enum ResumeChoice: Equatable, Sendable {
  case never
  case newest
  /// As `newest` where the run exists, and `never` where it doesn't.
  case ifAny
  case checkpoint(String)
}

extension ValueReader where Value == ResumeChoice {
  static var resumeChoice: Self {
    Self(
      placeholder: "CHECKPOINT|if-any", expectation: "a checkpoint's file, or 'if-any'"
    ) { text in
      switch text {
      case "": nil
      case "newest": .newest
      case "if-any": .ifAny
      default: .checkpoint(text)
      }
    }
  }
}
