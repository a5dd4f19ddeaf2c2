import ClusterCore
import ClusterShell
import Digest
import RunFiles

// What the shell speaks of, as a run's files keep it.

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

extension OpenFeatureAudit {
  init(_ audit: OpenAudit, digest: ContentDigest) {
    self.init(
      sample: audit.item.sample, variant: audit.item.variant, worker: audit.source.number,
      digest: digest)
  }
}

extension Checkpoint {
  /// What the checkpoint's coordinator left open, with the digests of the features.
  var auditsLeftOpen: [OpenAudit: ContentDigest] {
    let audits = openAudits.map { audit in
      (
        OpenAudit(
          item: SampleVariant(sample: audit.sample, variant: audit.variant),
          source: WorkerID(number: audit.worker)), audit.digest
      )
    }
    return Dictionary(audits, uniquingKeysWith: { first, _ in first })
  }
}

extension EpochResult {
  init(_ sums: EpochSums) {
    self.init(
      samples: sums.training.samples, skipped: sums.training.skipped,
      metrics: EpochMetrics(
        training: sums.training, validation: Measurement(sums.validation)),
      head: sums.head)
  }
}

extension Measurement {
  init(_ sums: EvaluationSums) { self.init(sums.totals, sums.confusion) }
}
