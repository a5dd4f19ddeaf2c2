import Digest
import Training

/// Samples drawn from a seed: features like a backbone's (non-negative, a third zero) with one
/// direction for each class, so that a linear head can learn them.
struct Samples {
  static let seed: UInt64 = 42
  var features: [[Float]] = []
  var labels: [Int] = []

  init(count: Int, shape: HeadShape, seed: UInt64 = Samples.seed) {
    var generator = SplitMix64(seed: seed, purpose: "test samples")
    for _ in 0..<count {
      let label = Int(generator.below(UInt64(shape.classCount)))
      labels.append(label)
      features.append(
        (0..<shape.featureCount).map { index in
          let noise = Float(max(0, generator.unit() * 1.5 - 0.5))
          return index % shape.classCount == label ? noise * 2 : noise
        })
    }
  }

  /// One step of training for each batch, the batch cut into shares of a given size.
  func train(_ trainer: inout Trainer, engine: inout ShareEngine, shareSize: Int = 8) throws {
    while !trainer.isFinished {
      try step(&trainer, engine: &engine, shareSize: shareSize)
      if trainer.step % UInt64(trainer.length.stepsPerEpoch) == 0 {
        _ = try trainer.finishEpoch()
      }
    }
  }

  func step(_ trainer: inout Trainer, engine: inout ShareEngine, shareSize: Int = 8) throws {
    let length = trainer.length
    let start = Int(trainer.step % UInt64(length.stepsPerEpoch)) * length.batchSize
    let batch = Array(start..<start + length.sampleCount(step: trainer.step))
    for first in stride(from: 0, to: batch.count, by: shareSize) {
      let share = batch[first..<min(first + shareSize, batch.count)]
      try trainer.add(
        engine.gradientSum(
          head: trainer.head, features: share.map { features[$0] },
          labels: share.map { labels[$0] }))
    }
    _ = try trainer.finishStep(skipped: 0)
  }
}
