import ClusterCore
import Extraction
import Images
import Manifest
import MobileNet
import RunFiles
import Threading
import Training

/// What a coordinator checks itself before it believes a worker, on a thread of its own.
final class SecondOpinion: Sendable {
  enum Question: Sendable {
    /// Whether this file can't be decoded.
    case isUndecodable(SampleIndex, file: PhotographFile)
    /// Whether a logit of this share diverges.
    case isDivergent(ShareID, Head, features: [[Float]])
    /// Whose features of a photograph are right.
    case features(FeaturesAudit)
    /// Whether features that an earlier coordinator kept are right.
    case earlier(EarlierAudit)
    /// Whose answer to a share is right.
    case share(ShareAudit)
  }

  enum Answer: Sendable {
    case undecodable(SampleIndex, PhotographVerdict)
    case divergent(ShareID, Bool)
    case features(SampleVariant, AuditVerdict)
    case earlier(OpenAudit, AuditVerdict)
    case share(ShareID, AuditVerdict)
  }

  private let questions = WorkQueue<Question>()
  private let thread: NamedThread

  init(_ backbone: Backbone, letters: Mailbox<CoordinatorLetter>) {
    let questions = questions
    thread = NamedThread(name: "checks", stackBytes: 4 << 20) {
      var station: ForwardStation?
      while let question = questions.take() {
        letters.send(.checked(SecondOpinion.answer(question, backbone, &station)))
      }
    }
  }

  func ask(_ question: Question) { questions.add(question) }

  func stop() {
    questions.close()
    thread.join()
  }

  private static func answer(
    _ question: Question, _ backbone: Backbone, _ station: inout ForwardStation?
  ) -> Answer {
    switch question {
    case .features(let audit): return .features(audit.item, audit.verdict(backbone, &station))
    case .earlier(let audit): return .earlier(audit.audit, audit.verdict(backbone, &station))
    case .share(let audit): return .share(audit.share, audit.verdict())
    case .isUndecodable(let sample, let file):
      return .undecodable(sample, verdict(on: file))
    case .isDivergent(let share, let head, let features):
      var engine = ShareEngine(shape: head.shape)
      do throws(Divergence) {
        _ = try engine.evaluation(
          head: head, features: features, labels: Array(repeating: 0, count: features.count))
        return .divergent(share, false)
      } catch {
        return .divergent(share, true)
      }
    }
  }

  /// A file that has vanished or changed can't be decoded by anybody.
  private static func verdict(on file: PhotographFile) -> PhotographVerdict {
    let bytes: [UInt8]
    do throws(ManifestError) {
      bytes = try file()
    } catch {
      return error.concernsMachine ? .unknown(reason: error.description) : .undecodable
    }
    do throws(ImageError) {
      var decoder = try ImageDecoder()
      _ = try decoder.decode(bytes)
      return .decodable
    } catch {
      return error.isUndecodable ? .undecodable : .unknown(reason: error.description)
    }
  }
}

/// What other threads leave for the control thread.
enum CoordinatorLetter: Sendable {
  case checked(SecondOpinion.Answer)
  /// The object server can't read photographs at the moment; nil when it can again.
  case photographsUnreadable(reason: String?)
  case checkpointWritten(step: UInt64, path: String)
  case checkpointFailed(step: UInt64, reason: String)
  /// The run goes on from this checkpoint, or from the start; `problem` is why no other was read.
  case wentBack(Checkpoint?, problem: String?)
}
