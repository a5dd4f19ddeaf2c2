import ClusterCore
import Digest
import Extraction
import Images
import Manifest
import MobileNet
import Training
import Wire

/// Features that a worker gave, to be compared with the coordinator's own and perhaps with a second
/// worker's.
struct FeaturesAudit: Sendable {
  enum Second: Sendable {
    case none
    case row([Float])
    case undecodable
  }

  let item: SampleVariant
  let digest: ContentDigest
  let kept: [Float]
  let second: Second
  let file: PhotographFile

  func verdict(_ backbone: Backbone, _ station: inout ForwardStation?) -> AuditVerdict {
    let bytes: [UInt8]
    do throws(ManifestError) { bytes = try file() } catch {
      return .unknown(reason: error.description)
    }
    do throws(ImageError) {
      if station == nil { station = try ForwardStation(backbone) }
      let truth = try station!.features(of: bytes, digest: digest, variant: item.variant)
      return .judged(isFirstRight: hasSameBits(kept, truth), isSecondRight: isSecondRight(truth))
    } catch {
      guard error.isUndecodable else { return .unknown(reason: error.description) }
      // Nobody can have features of it.
      return .judged(isFirstRight: false, isSecondRight: isSecondRight(nil))
    }
  }

  private func isSecondRight(_ truth: [Float]?) -> Bool {
    switch (second, truth) {
    case (.none, _), (.undecodable, nil): true
    case (.row(let row), let truth?): hasSameBits(row, truth)
    case (.row, nil), (.undecodable, _?): false
    }
  }
}

/// Features that an earlier coordinator kept, to be compared with this one's own.
struct EarlierAudit: Sendable {
  let audit: OpenAudit
  let photograph: ContentDigest
  /// Of the features.
  let features: ContentDigest
  let file: PhotographFile

  func verdict(_ backbone: Backbone, _ station: inout ForwardStation?) -> AuditVerdict {
    let bytes: [UInt8]
    do throws(ManifestError) { bytes = try file() } catch {
      return .unknown(reason: error.description)
    }
    do throws(ImageError) {
      if station == nil { station = try ForwardStation(backbone) }
      let truth = try station!.features(
        of: bytes, digest: photograph, variant: audit.item.variant)
      let isRight = ContentDigest.sha256(TensorFrame.bytes(truth)) == features
      return .judged(isFirstRight: isRight, isSecondRight: true)
    } catch {
      guard error.isUndecodable else { return .unknown(reason: error.description) }
      return .judged(isFirstRight: false, isSecondRight: true)
    }
  }
}

/// An answer to a share with its tensor.
struct HeldAnswer: Equatable, Sendable {
  let answer: ShareAnswer
  let tensor: [Int64]
}

/// An answer to a share, to be compared with the coordinator's own and perhaps with a second
/// worker's.
struct ShareAudit: Sendable {
  let share: ShareID
  let head: Head
  let features: [[Float]]
  let labels: [Int]
  let labelSmoothing: Double
  let first: HeldAnswer
  let second: HeldAnswer?

  func verdict() -> AuditVerdict {
    let truth = truth()
    return .judged(isFirstRight: first == truth, isSecondRight: second.map { $0 == truth } ?? true)
  }

  /// Nil where a logit diverges: then no sum is right.
  private func truth() -> HeldAnswer? {
    var engine = ShareEngine(shape: head.shape, labelSmoothing: labelSmoothing)
    let count = UInt32(labels.count)
    do throws(Divergence) {
      switch first.answer {
      case .gradient:
        let sum = try engine.gradientSum(head: head, features: features, labels: labels)
        return HeldAnswer(
          answer: .gradient(
            GradientAnswer(
              share: share, count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)),
          tensor: sum.values)
      case .evaluation:
        let sum = try engine.evaluation(head: head, features: features, labels: labels)
        return HeldAnswer(
          answer: .evaluation(
            Evaluation(
              share: share, count: count, correct: UInt32(sum.correct), lossSum: sum.lossSum)),
          tensor: sum.confusion.counts.map(Int64.init))
      }
    } catch {
      return nil
    }
  }
}

/// Byte for byte: -0 is not 0 here, and a NaN is itself.
func hasSameBits(_ left: [Float], _ right: [Float]) -> Bool {
  left.count == right.count && zip(left, right).allSatisfy { $0.bitPattern == $1.bitPattern }
}
