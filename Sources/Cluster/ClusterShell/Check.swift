import ClusterCore
import Digest
import Training
import Wire

/// What a coordinator finds out itself before it believes a worker.
///
/// What features are right takes a photograph and a backbone, which are the caller's; everything
/// else is decided here. A check is a value that any thread may take its time over.
public enum Check: Sendable {
  /// Whether the photograph of this sample can't be decoded; ends in `undecodableChecked`.
  case undecodable(SampleIndex)
  /// Whose features of a photograph are right.
  case features(FeaturesCheck)
  /// Whether features that an earlier coordinator kept are right.
  case earlier(EarlierCheck)
  /// Whose answer to a share is right, or whether it diverges.
  case share(ShareCheck)
}

/// What the coordinator itself has come to with a photograph.
public enum FeaturesFound: Equatable, Sendable {
  case row([Float])
  /// Nobody can have features of it.
  case undecodable
  /// The machine couldn't try.
  case unknown(reason: String)
}

/// Features that a worker gave, to be compared with the coordinator's own and perhaps with a second
/// worker's.
public struct FeaturesCheck: Sendable {
  enum Second: Sendable {
    case none
    case row([Float])
    case undecodable
  }

  public let item: SampleVariant
  let kept: [Float]
  let second: Second

  public func verdict(_ found: FeaturesFound) -> CoordinatorEvent {
    .featuresAudited(item, compare(found))
  }

  private func compare(_ found: FeaturesFound) -> AuditVerdict {
    switch found {
    case .row(let truth):
      .judged(isFirstRight: hasSameBits(kept, truth), isSecondRight: isSecondRight(truth))
    case .undecodable: .judged(isFirstRight: false, isSecondRight: isSecondRight(nil))
    case .unknown(let reason): .unknown(reason: reason)
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

/// Features that an earlier coordinator kept, of which there is the digest.
public struct EarlierCheck: Sendable {
  public let audit: OpenAudit
  let features: ContentDigest

  public func verdict(_ found: FeaturesFound) -> CoordinatorEvent {
    .earlierAudited(audit, compare(found))
  }

  private func compare(_ found: FeaturesFound) -> AuditVerdict {
    switch found {
    case .row(let truth):
      .judged(
        isFirstRight: ContentDigest.sha256(TensorFrame.bytes(truth)) == features,
        isSecondRight: true)
    case .undecodable: .judged(isFirstRight: false, isSecondRight: true)
    case .unknown(let reason): .unknown(reason: reason)
    }
  }
}

/// A share to be computed from the head as it was and the kept features.
public struct ShareCheck: Sendable {
  enum Question: Sendable {
    /// Whether a logit is not a number or absurd.
    case divergence
    case answers(first: WholeAnswer, second: WholeAnswer?)
  }

  let work: ShareWork
  let question: Question

  public func verdict(_ calculator: inout ShareCalculator) -> CoordinatorEvent {
    // Where a logit diverges no sum is right.
    let truth = try? calculator.answer(work)
    switch question {
    case .divergence:
      return .divergenceChecked(work.share.id, isDivergent: truth == nil)
    case .answers(let first, let second):
      return .answerAudited(
        work.share.id,
        .judged(isFirstRight: first == truth, isSecondRight: second.map { $0 == truth } ?? true))
    }
  }
}
