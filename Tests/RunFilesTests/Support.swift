import Digest
import Foundation
import RunFiles
import Training

let testInputs = RunInputs(
  manifest: ContentDigest.sha256([1]), backbone: ContentDigest.sha256([2]))

func testConfiguration(optimizer: Optimizer = .adam) -> RunConfiguration {
  var configuration = RunConfiguration()
  configuration.data = "photos"
  configuration.backbone = "net.onnx"
  configuration.run = "test"
  configuration.optimizer = optimizer
  configuration.learningRate = 0.0123
  configuration.inputs = testInputs
  return configuration
}

let testClasses = ["daisy", "\"sha256\":\"rose\"", "Löwenzahn 🌼"]

/// A training of 3 classes and 5 features after some steps of arbitrary gradients.
func testTrainer(optimizer: Optimizer = .adam, steps: Int) throws -> Trainer {
  let shape = try HeadShape(featureCount: 5, classCount: 3)
  let configuration = try testConfiguration(optimizer: optimizer).training()
  let length = try TrainingLength(sampleCount: 10, batchSize: 4, epochCount: 6)
  var trainer = Trainer(configuration: configuration, length: length, shape: shape)
  var generator = SplitMix64(seed: 1, purpose: "test gradients")
  for step in 0..<steps {
    let count = length.sampleCount(step: UInt64(step))
    let values = (0..<shape.parameterCount).map { _ in Int64(generator.below(1 << 32)) - 1 << 31 }
    try trainer.add(
      GradientSum(values: values, lossSum: 12_345_678_901, correct: 1, sampleCount: count))
    _ = try trainer.finishStep(skipped: 0)
    if (step + 1) % length.stepsPerEpoch == 0 { _ = try trainer.finishEpoch() }
  }
  return trainer
}

func testCheckpoint(
  optimizer: Optimizer = .adam, steps: Int, best: Checkpoint.BestEpoch? = nil,
  contributors: CheckpointContributors = CheckpointContributors([7, .max])
) throws -> Checkpoint {
  Checkpoint(
    configuration: testConfiguration(optimizer: optimizer), classes: testClasses,
    epoch: steps / 3, state: try testTrainer(optimizer: optimizer, steps: steps).state, best: best,
    metrics: EpochMetrics(
      trainLoss: 0.1, trainAccuracy: 1, validationLoss: nil, validationAccuracy: 1.0 / 3),
    contributors: contributors,
    openAudits: [
      OpenFeatureAudit(sample: 7, variant: 0, worker: .max, digest: .sha256([1])),
      OpenFeatureAudit(sample: .max, variant: 9, worker: 3, digest: .sha256([2])),
    ])
}

func line(_ step: UInt64, _ event: ProgressEvent, epoch: Int = 0) -> ProgressLine {
  ProgressLine(
    time: Timestamp(millisecondsSince1970: 1_790_000_000_123), step: step, epoch: epoch,
    event: event)
}

/// The names of all files in a folder.
func allNames(in path: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: path).sorted()
}
