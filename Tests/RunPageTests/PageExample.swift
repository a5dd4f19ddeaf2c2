import Digest
import Monitoring
import RunFiles
import RunPage
import Training

/// A run of which much is known, with names that would do harm as markup.
enum PageExample {
  static let hostile = "<img src=x onerror=alert(1)>\u{202E}\"'&"

  static func line(_ event: ProgressEvent, step: UInt64 = 0, at seconds: Int64 = 0) -> ProgressLine
  {
    ProgressLine(
      time: Timestamp(millisecondsSince1970: seconds * 1000), step: step, epoch: 0, event: event)
  }

  static func start(steps: UInt64 = 60) -> RunStart {
    RunStart(
      run: "photos-1", listen: "127.0.0.1:5555", classes: ["daisy", hostile], trainingSamples: 80,
      validationSamples: 20, batchSize: 8, epochs: 6, steps: steps, seed: 1,
      inputs: RunInputs(
        manifest: .sha256([1]), backbone: .sha256([2]), preprocessingVersion: 1))
  }

  static var running: RunView {
    var view = RunView(name: "photos-1", phase: .running)
    let metrics = EpochMetrics(
      trainLoss: 0.5, trainAccuracy: 0.75, validationLoss: 0.625, validationAccuracy: 0.875,
      validationBalancedAccuracy: 0.8125)
    let events: [(ProgressEvent, UInt64)] = [
      (.start(start()), 0), (.workerJoined(worker: hostile, threads: 4), 0),
      (.warning("2 photographs are copies: \(hostile)"), 0), (.finding("\(hostile).jpg"), 0),
      (
        .step(
          StepRange(first: 0, last: 9, samples: 80, skipped: 0, trainLoss: 0.5, imagesPerSecond: 9)),
        10
      ),
      (.epoch(EpochResult(samples: 80, skipped: 0, metrics: metrics, head: .sha256([3]))), 10),
      (.checkpoint(file: "step-00000010.safetensors"), 10),
    ]
    for (index, event) in events.enumerated() {
      view.take(line(event.0, step: event.1, at: Int64(index)))
    }
    view.featuresKept = 100
    view.featuresTotal = 100
    view.stepsPerSecond = 10
    view.workers = [
      RunView.Worker(name: hostile, threads: 4, state: "serving", leases: 2, held: 60)
    ]
    return view
  }

  static var results: RunResults {
    var matrix = ConfusionMatrix(classCount: 2)
    for (label, predicted) in [(0, 0), (0, 0), (0, 1), (1, 1)] {
      matrix.count(label: label, predicted: predicted)
    }
    return RunResults(
      classes: ["daisy", hostile], trainingCounts: [40, 40], matrix: matrix,
      photographs: [
        .init(path: "../../etc/passwd", label: 0, predicted: 0, certainty: 0.9),
        .init(path: "daisy/\(hostile).jpg", label: 0, predicted: 1, certainty: 0.75),
      ], drawnCount: 1, mistakes: [1], missing: ["gone.jpg: no such file"], step: 10)
  }
}
