import Digest
import Manifest
import RunFiles
import Training

let fileTargets = [
  FuzzTarget(
    name: "manifest",
    seeds: { [manifest.encoded()] },
    test: { input in
      guard let manifest = try? Manifest(decoding: input) else { return }
      precondition(manifest.encoded() == input, "a manifest has one encoding")
    }),
  FuzzTarget(
    name: "labels",
    seeds: {
      [
        "path,label,split\r\n\"a,1.jpg\",cat,train\r\nb.jpg,dog,val\r\n",
        "\u{feff}id;breed\n0;\"cat \"\"big\"\"\"\n", "1.jpg\tcat\r2.jpg\tdog\r",
      ].map { Array($0.utf8) }
    },
    test: { input in
      guard let table = try? LabelTable(decoding: input, name: "file") else { return }
      let lines = table.rows.map(\.line)
      precondition(zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 }, "lines follow one another")
      precondition(lines.count <= input.count, "a row takes a byte at least")
    }),
  FuzzTarget(
    name: "checkpoint",
    seeds: { [checkpoint(.adam).encoded(), checkpoint(.sgd, of: continued).encoded()] },
    test: { input in
      let file = sealed(input)
      guard let checkpoint = try? Checkpoint(decoding: file, path: "file") else { return }
      let again = checkpoint.encoded()
      precondition(try! Checkpoint(decoding: again, path: "file").encoded() == again)
      _ = checkpoint.differences(to: configuration)
    }),
  FuzzTarget(
    name: "calibration",
    seeds: { [calibration.encoded()] },
    test: { input in
      let file = sealed(input)
      guard let calibration = try? Calibration(decoding: file, path: "file") else { return }
      precondition(try! Calibration(decoding: calibration.encoded(), path: "file") == calibration)
      let width = calibration.likeness.directions[0].count
      let likeness = calibration.likeness.likeness(of: [Float](repeating: 1, count: width))
      precondition((-1.001...1.001).contains(likeness), "a cosine")
    }),
  FuzzTarget(
    name: "configuration",
    seeds: { [configuration.encoded(), continued.encoded()] },
    test: { input in
      guard let read = try? RunConfiguration(decoding: input, path: "file") else { return }
      let again = read.encoded()
      precondition(try! RunConfiguration(decoding: again, path: "file").encoded() == again)
      _ = try? read.validate()
      _ = try? read.training()
      _ = try? configuration.checkContinuation(by: read)
      _ = try? continued.checkFeatures(of: read)
    }),
  FuzzTarget(
    name: "progress-log",
    seeds: { progressLines.map { $0.encoded() } },
    test: { input in
      let lines = input.split(separator: UInt8(ascii: "\n")).compactMap {
        ProgressLine(decoding: $0)
      }
      for line in lines {
        let again = line.encoded()
        precondition(ProgressLine(decoding: again.dropLast())?.encoded() == again)
      }
      _ = Ledger(lines).findings(length: length)
    }),
]

private let manifest = try! Manifest(
  classes: ["daisy", "tulips"],
  entries: (0..<4).map { number in
    let name = number < 2 ? "daisy" : "tulips"
    return Manifest.Entry(
      path: "\(name)/\(number).jpg", classIndex: number / 2, byteCount: UInt64(number + 1),
      digest: .sha256([UInt8(number)]))
  })

private let inputs = RunInputs(manifest: .sha256([1]), backbone: .sha256([2]))
private let length = try! TrainingLength(sampleCount: 10, batchSize: 4, epochCount: 2)
private let metrics = EpochMetrics(
  trainLoss: 0.1, trainAccuracy: 1, validationLoss: nil, validationAccuracy: 0.5)

private let configuration: RunConfiguration = {
  var configuration = RunConfiguration()
  configuration.data = "photos"
  configuration.backbone = "net.onnx"
  configuration.run = "test"
  configuration.inputs = inputs
  return configuration
}()

/// Of a run that began with another's head.
private let continued: RunConfiguration = {
  var configuration = configuration
  configuration.inputs?.startHead = .sha256([3])
  configuration.predecessor = Predecessor(run: "before", epoch: 1, step: 3, head: .sha256([4]))
  return configuration
}()

private let calibration = Calibration(
  backbone: .sha256([1]),
  temperatures: [Calibration.HeadTemperature(head: .sha256([2]), temperature: 1.5)],
  likeness: ClassLikeness(directions: [[0.6, -0.8], [1, 0]]), likenessMin: 0.25, sampleCount: 4)

private func checkpoint(
  _ optimizer: Optimizer, of configuration: RunConfiguration = configuration
) -> Checkpoint {
  var configuration = configuration
  configuration.optimizer = optimizer
  let trainer = Trainer(
    configuration: try! configuration.training(), length: length,
    shape: try! HeadShape(featureCount: 2, classCount: 2))
  return Checkpoint(
    configuration: configuration, classes: ["daisy", "tulips"], epoch: 0, state: trainer.state,
    best: .init(epoch: 0, correct: 1, step: 3), metrics: metrics)
}

private let progressLines: [ProgressLine] = {
  let events: [ProgressEvent] = [
    .start(
      RunStart(
        run: "test", listen: "127.0.0.1:5555", classes: ["daisy", "tulips"], trainingSamples: 10,
        validationSamples: 4, batchSize: 4, epochs: 2, steps: 6, seed: 42, inputs: inputs)),
    .workerJoined(worker: "host 17", threads: 4),
    .step(
      StepRange(first: 0, last: 2, samples: 9, skipped: 1, trainLoss: 0.5, imagesPerSecond: 99)),
    .epoch(EpochResult(samples: 9, skipped: 1, metrics: metrics, head: .sha256([3]))),
    .checkpoint(file: "step-00000003.safetensors"), .resume(fromStep: 3),
    .rollback(fromStep: 3, reason: "a faulty worker"), .warning("slow"),
    .workerLost(worker: "host 17", reason: "silent"),
    .finished(RunResult(validationAccuracy: 0.5, head: .sha256([3]), seconds: 1.5)),
  ]
  return events.map {
    ProgressLine(
      time: Timestamp(millisecondsSince1970: 1_790_000_000_123), step: 3, epoch: 0, event: $0)
  }
}()

/// The file with the digest of its bytes in the place of its seal, if it has one: without it every
/// change would end at the seal, and no other check would be tried.
private func sealed(_ file: [UInt8]) -> [UInt8] {
  let name = Array("\"sha256\":\"".utf8)
  var file = file
  let starts = file.indices.dropLast(name.count + 64)
  guard let start = starts.first(where: { file[$0...].starts(with: name) }) else { return file }
  let place = start + name.count..<start + name.count + 64
  file.replaceSubrange(place, with: repeatElement(UInt8(ascii: "0"), count: 64))
  file.replaceSubrange(place, with: ContentDigest.sha256(file).description.utf8)
  return file
}
