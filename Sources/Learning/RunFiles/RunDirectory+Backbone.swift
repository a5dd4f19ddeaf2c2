import Digest
import Files
import Glibc
import MobileNet

/// The backbone that a run keeps, and what can be done where it is lost.
extension RunDirectory {
  /// The backbone that the run began with, as workers got it.
  ///
  /// - Parameters:
  ///   - digest: the SHA-256 that it must have.
  ///   - configuration: of this run.
  /// - Throws: where it is missing or another, with what can be done about it.
  public func backbone(
    _ digest: ContentDigest, _ configuration: RunConfiguration
  ) throws(RunFilesError) -> [UInt8] {
    let object: [UInt8]
    do {
      object = try readFile(backbonePath, byteCountMax: Self.objectByteCountMax)
    } catch {
      let advice = error.number == ENOENT ? "; \(mending(configuration))" : ""
      throw RunFilesError(
        .inputOutput, "can't read the backbone of run '\(name)': \(error)\(advice)")
    }
    guard ContentDigest.sha256(object) == digest else {
      throw RunFilesError(
        .damaged,
        "\(backbonePath) is damaged: it is not the backbone of run '\(name)'; \(mending(configuration))"
      )
    }
    return object
  }

  /// How the run gets its backbone back.
  private func mending(_ configuration: RunConfiguration) -> String {
    let copy = "put it back from a copy"
    if let predecessor = configuration.predecessor {
      return "\(copy), such as that of run '\(predecessor.run)', from which it started"
    }
    let resuming = "'tl-coord start --run \(name) --resume'"
    switch configuration.isPreparedAsNow {
    case true?: return "write it anew: \(resuming)"
    case false?:
      return
        "\(copy): this tl can't make it again, since it rounds otherwise than the one that began the run. "
        + "Without a copy the run has to be trained anew, \(anew)"
    case nil:
      // What this tl makes of the network shows only when it is made, as it is for resuming.
      return
        "\(copy), or have it written anew: \(resuming). It refuses where an earlier tl "
        + "began the run, which rounded otherwise; without a copy such a run has to be trained anew, \(anew)"
    }
  }

  /// How to train the run once more.
  private var anew: String {
    "under another --run name and with the options that \(configurationPath) has"
  }

  /// Why a run can't go on whose backbone is lost, and of whose network this program makes another.
  public func irreplaceableBackbone(_ configuration: RunConfiguration) -> RunFilesError {
    let file = configuration.backbone
    let reason =
      switch configuration.isPreparedAsNow {
      case true?: "\(file) is another network than it was; name the right one with --backbone"
      case false?:
        "this tl can't make it again, since it rounds otherwise than the one that began the run"
      case nil:
        "this tl makes another of \(file): it rounds otherwise than the one that began the run, unless the file "
          + "has changed since"
      }
    return RunFilesError(
      .configuration,
      "run '\(name)' can't go on: \(backbonePath) is missing or damaged, and \(reason). Put backbone.bin back "
        + "from a copy, or train anew, \(anew)")
  }
}

extension RunConfiguration {
  /// How this program makes a run's backbone of the network's file: what it does to it, each with the version
  /// of its rules. Empty where it takes the file as it is.
  public var ownPreparation: String {
    var steps: [String] = []
    if precision == .int8 { steps.append("int8-\(QuantizedBackbone.version)") }
    if depths > 1 { steps.append("scales-\(StandardizedBackbone.version)") }
    return steps.joined(separator: " ")
  }

  /// Whether this program would make the run's backbone by the same rules; nil where the run doesn't say by
  /// which it was made.
  var isPreparedAsNow: Bool? {
    ownPreparation.isEmpty ? true : preparation.map { $0 == ownPreparation }
  }

  /// Whether the bytes of the backbone, and nothing else, keep `other` from continuing this run.
  public func differsInBackboneAlone(from other: RunConfiguration) -> Bool {
    differences(to: other).map(\.name) == [RunInputs.backboneName]
  }
}
