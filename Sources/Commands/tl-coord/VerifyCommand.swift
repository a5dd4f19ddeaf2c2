import CommandLine
import CoordinatorDaemon
import Glibc
import Inspection
import Manifest
import RunFiles
import Threading

/// `tl-coord verify`: trains a run once more, alone, and compares what it claims.
enum VerifyCommand {
  private static let run = Option<String?>(
    "run", .text("RUN", expectation: "a run"),
    "the run to check: its name or its folder; the newest one where it is left out")
  private static let data = Option<String?>(
    "data", .text("DIR", expectation: "a folder with a subfolder of photographs for each class"),
    "where the photographs are now, if not where they were")
  private static let backbone = Option<String?>(
    "backbone", .text("FILE", expectation: "an ONNX file"),
    "where the backbone is now, if not where it was")
  private static let threads = Option<Int?>(
    "threads", .integer(1...1024), "threads to compute with; one for each core unless given")

  static let command = Command(
    "verify", "train a run once more and check all that it says of itself",
    groups: [
      OptionGroup(
        "Options",
        [
          run.declaration, StartOptions.runs.declaration, data.declaration,
          backbone.declaration, threads.declaration,
        ])
    ],
    notes: [
      "Computes all features from the photographs again, follows the run's visiting order, and "
        + "compares the head of every epoch and checkpoint, bit for bit."
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let directory = try RunTarget.directory(
      settings[run], root: settings[StartOptions.runs], for: "tl-coord verify")
    let configuration = try directory.configuration()
    let threads = settings[threads] ?? processorCount
    let folder = try Inputs.dataFolder(settings[data] ?? configuration.data)
    let verifier = try RunVerifier(
      directory, source: Dataset.Source(folder: folder, as: configuration),
      backbonePath: try
        (settings[backbone]
        ?? (configuration.predecessor == nil ? configuration.backbone : nil))
        .map { try Inputs.backbonePath($0) },
      threads: threads)
    write("Verifying run '\(directory.name)'\n", to: STDOUT_FILENO)
    if let predecessor = configuration.predecessor {
      write(
        "It started from the head of \(predecessor); that head and the backbone, as its folder keeps "
          + "them, are taken as given.\n", to: STDOUT_FILENO)
    } else if verifier.takesBackboneAsGiven {
      write(
        "The backbone's ranges and scales are taken as its folder keeps them: it began with another tl, "
          + "and this one would round the same network otherwise.\n", to: STDOUT_FILENO)
    }
    var lastTenth = 0
    let outcome = try verifier.verify(threads: threads) { done, total in
      let tenth = total == 0 ? 10 : done * 10 / total
      if tenth > lastTenth {
        lastTenth = tenth
        write("features of \(done) of \(total) photographs\n", to: STDOUT_FILENO)
      }
    } report: { verdict in
      tell(verdict)
    }
    return conclude(outcome, directory)
  }

  private static func tell(_ verdict: RunAudit.Verdict) {
    let head = String("\(verdict.found)".prefix(12))
    var text = "\(verdict.subject): head \(head)"
    text += verdict.claimed == verdict.found ? " as claimed" : ", but \(verdict.claimed) is claimed"
    for finding in verdict.findings { text += "; \(finding)" }
    write(text + "\n", to: STDOUT_FILENO)
  }

  private static func conclude(_ outcome: RunVerifier.Outcome, _ directory: RunDirectory)
    -> ExitCode
  {
    for finding in outcome.audit.findings + outcome.unreadable {
      report(.warning, printable(finding), program: CoordinatorProgram.program.name)
    }
    guard outcome.isSound else {
      report(
        .error, "run '\(directory.name)' is not what it says",
        program: CoordinatorProgram.program.name
      )
      return .data
    }
    let heads = outcome.audit.verdicts.count
    write(
      "Sound: \(counted(heads, "head")) \(heads == 1 ? "is" : "are") what training gives, and every sample "
        + "counted once in each epoch.\n", to: STDOUT_FILENO)
    return .success
  }
}
