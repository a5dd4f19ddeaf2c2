import ClusterCore
import Digest
import Training

/// The same run without any cluster: a loop over epochs and batches. What a simulated cluster must
/// arrive at, whatever happened to it.
struct Reference {
  /// The head's digest after each epoch.
  private(set) var digests: [ContentDigest] = []
  /// The evaluation after each epoch.
  private(set) var evaluations: [EvaluationSum] = []
  /// The evaluation of the test samples after the last.
  private(set) var test: EvaluationSum

  init(_ scenario: Scenario) throws {
    let plan = scenario.plan
    var engine = ShareEngine(shape: scenario.shape, objective: scenario.objective)
    var trainer = Trainer(
      configuration: scenario.configuration, length: scenario.length, start: scenario.start)
    for epoch in 0..<plan.epochs {
      let variant = plan.variant(ofEpoch: epoch)
      let order = visitingOrder(training: plan.training, seed: plan.seed, epoch: epoch)
      for batch in stride(from: 0, to: order.count, by: plan.batchSize) {
        let samples = order[batch..<min(batch + plan.batchSize, order.count)]
        let sound = samples.filter { !scenario.undecodable.contains($0) }
        if !sound.isEmpty {
          try trainer.add(
            engine.gradientSum(
              head: trainer.head, features: sound.map { scenario.features($0, variant) },
              labels: sound.map(scenario.label)))
        }
        _ = try trainer.finishStep(skipped: samples.count - sound.count)
      }
      _ = try trainer.finishEpoch()
      digests.append(trainer.head.digest)
      let validation = plan.validation.filter { !scenario.undecodable.contains($0) }
      evaluations.append(
        try engine.evaluation(
          head: trainer.head, features: validation.map { scenario.features($0, 0) },
          labels: validation.map(scenario.label)))
    }
    let tested = plan.test.filter { !scenario.undecodable.contains($0) }
    test = try engine.evaluation(
      head: trainer.head, features: tested.map { scenario.features($0, 0) },
      labels: tested.map(scenario.label))
  }
}

extension Scenario {
  func features(_ sample: SampleIndex, _ variant: UInt16) -> [Float] {
    features(SampleVariant(sample: sample, variant: variant))
  }
}
