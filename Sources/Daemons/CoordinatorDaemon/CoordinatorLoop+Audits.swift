import ClusterCore
import DaemonSupport
import Digest
import RunFiles
import Training
import Wire
import ZeroMQ

/// How the control thread has answers looked at twice, and takes a run back.
extension CoordinatorLoop {
  /// Features are compared here and computed elsewhere.
  mutating func audit(
    _ item: SampleVariant, _ second: SecondFeatures, _ tensor: WorkerReceived.Tensor
  ) {
    guard let kept = features[item] else {
      preconditionFailure("features are audited while they are kept")
    }
    let other: FeaturesAudit.Second
    switch (second, tensor) {
    case (.none, _): other = .none
    case (.undecodable, _): other = .undecodable
    case (.tensor, .features(let row)):
      if hasSameBits(row, kept) { return pending.append(.featuresAudited(item, .equal)) }
      other = .row(row)
    case (.tensor, _): preconditionFailure("second features are audited when they arrive")
    }
    secondOpinion.ask(
      .features(
        FeaturesAudit(
          item: item, digest: photographs.manifest.entries[Int(item.sample)].digest, kept: kept,
          second: other, file: photographs.file(item.sample))))
  }

  func audit(_ open: OpenAudit) {
    guard let digest = earlier[open] else {
      preconditionFailure("what the checkpoint left open came with its digest")
    }
    let sample = open.item.sample
    secondOpinion.ask(
      .earlier(
        EarlierAudit(
          audit: open, photograph: photographs.manifest.entries[Int(sample)].digest,
          features: digest, file: photographs.file(sample))))
  }

  /// What a checkpoint keeps of features that are yet to be looked at twice.
  func digests(of audits: [OpenAudit]) -> [OpenFeatureAudit] {
    audits.map { audit in
      let digest =
        earlier[audit] ?? features[audit.item].map { ContentDigest.sha256(TensorFrame.bytes($0)) }
      guard let digest else {
        preconditionFailure("features that are yet to be audited are kept")
      }
      return OpenFeatureAudit(
        sample: audit.item.sample, variant: audit.item.variant, worker: audit.source.number,
        digest: digest)
    }
  }

  mutating func audit(_ share: Share, _ second: HeldAnswer?) {
    guard let first = held[share.id] else { preconditionFailure("the first answer is held") }
    if first == second { return pending.append(.answerAudited(share.id, .equal)) }
    secondOpinion.ask(
      .share(
        ShareAudit(
          share: share.id, head: learner.head, features: rows(of: share),
          labels: share.samples.map { photographs.manifest.entries[Int($0)].classIndex },
          labelSmoothing: labelSmoothing, first: first, second: second)))
  }

  mutating func addHeld(_ share: ShareID) {
    guard let held = held.removeValue(forKey: share) else {
      preconditionFailure("the answer is held until it is added")
    }
    switch held.answer {
    case .gradient(let sum): learner.add(sum, held.tensor)
    case .evaluation(let evaluation): learner.add(evaluation, held.tensor)
    }
  }

  func rows(of share: Share) -> [[Float]] {
    share.samples.map { sample in
      guard let row = features[SampleVariant(sample: sample, variant: share.variant)] else {
        preconditionFailure("a share consists of samples whose features came here too")
      }
      return row
    }
  }

  /// Goes on from a checkpoint that no faulty worker contributed to, or from the start.
  mutating func goOn(from checkpoint: Checkpoint?, _ problem: String?) throws(ZeroMQError) {
    do throws(CoordinatorError) {
      learner.restart(try trainer(checkpoint))
    } catch {
      preconditionFailure("the checkpoint was tried before: \(error)")
    }
    if let problem { journal.warn("while the run was taken back: \(problem)") }
    journal.noteRollback(to: checkpoint)
    try deliver(
      .rolledBack(
        to: checkpoint?.position ?? .start,
        checkpoint.map(\.contributors).map(Contributors.init)
          ?? .none),
      tensor: .none)
  }
}

extension ShareAnswer {
  /// With the tensor that came with it.
  func held(_ tensor: WorkerReceived.Tensor) -> HeldAnswer {
    guard case .sums(let values) = tensor else {
      preconditionFailure("an answer to a share comes with its sums")
    }
    return HeldAnswer(answer: self, tensor: values)
  }
}

extension Contributors {
  init(_ contributors: CheckpointContributors) {
    self.init(
      contributors.workers.map(WorkerID.init), isOverfull: contributors.isOverfull)
  }
}

extension CheckpointContributors {
  init(_ contributors: Contributors) {
    self.init(contributors.workers.map(\.number), isOverfull: contributors.isOverfull)
  }
}
