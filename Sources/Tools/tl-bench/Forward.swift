import CommandLine
import Foundation
import Kernels
import MobileNet
import Options
import Synchronization

let backboneOption = Option<String?>(
  "backbone", .text("FILE"), "the ONNX file of a MobileNet")
let threadsOption = Option<Int>(
  "threads", .integer(1...1024), default: 1, "threads, each with samples of its own")
let secondsOption = Option<Double>(
  "seconds",
  .number(0.01...3600, placeholder: "SECONDS"),
  default: 3, "how long to measure")
let preprocessOption = Option<Preprocess?>(
  "preprocess",
  ValueReader(
    placeholder: "HOW", expectation: "inception, imagenet, unit, raw or MEAN/STD",
    read: { Preprocess(rawValue: $0) }),
  "how photographs become input, if the file doesn't say")
let inputSizeOption = Option<Int?>(
  "input-size", .integer(1...1024), "height and width in pixels, if the file leaves them free")

let backbonePrecisionOption = Option<String>(
  "precision", .choice(Precision.allCases.map(\.rawValue)), default: Precision.int8.rawValue,
  "fp32 or int8")

/// Images a second through the backbone, beside the multiply-adds that the processor could do.
let forwardBenchmark = Benchmark(
  Command(
    "forward", "runs a backbone on one image again and again",
    groups: [
      OptionGroup(
        "Forward",
        [
          backboneOption.declaration, preprocessOption.declaration, inputSizeOption.declaration,
          backbonePrecisionOption.declaration,
          threadsOption.declaration,
          secondsOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  let backbone = try readBackbone(settings)
  let threads = settings[threadsOption]
  let limit = multiplyAddLimit(
    backbone.precision, threads: threads, seconds: min(settings[secondsOption] / 4, 0.5))
  let rate = forwardImagesPerSecond(backbone, threads: threads, seconds: settings[secondsOption])
  let limitRate = limit / Double(backbone.multiplyAddCount)
  var report = Report()
  report.add("precision", backbone.precision.rawValue)
  report.add("kernels", backbone.instructionSet.rawValue)
  report.add("threads", threads)
  report.add("images_per_second", rate)
  report.add("limit_images_per_second", limitRate)
  report.add("share_of_limit", rate / limitRate, decimals: 3)
  report.add("limit_multiply_adds_per_second", limit, decimals: 0)
  report.add("multiply_adds", backbone.multiplyAddCount)
  report.add("arena_bytes", backbone.arenaByteCount)
  return report
}

func readBackbone(_ settings: Settings) throws -> Backbone {
  guard let path = settings[backboneOption] else {
    throw CommandLineError(.usage, "--backbone is missing", advice: "Name an ONNX file.")
  }
  let backbone = try Backbone(
    onnx: readOnnx(path, settings), preprocess: settings[preprocessOption])
  guard settings[backbonePrecisionOption] == Precision.int8.rawValue else { return backbone }
  // The rate doesn't depend on the values, so that any image serves for calibration.
  return try Backbone(
    object: QuantizedBackbone.object(
      quantizing: backbone, calibratingOn: [syntheticPixels(backbone)]))
}

/// An ONNX file, with what it keeps in others beside it.
func readOnnx(_ path: String, _ settings: Settings) throws -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw CommandLineError(.inputOutput, "can't read \(path)")
  }
  let folder = URL(filePath: path).deletingLastPathComponent()
  return try Backbone.selfContained(
    onnx: Array(data), inputSize: settings[inputSizeOption]
  ) { name in
    FileManager.default.contents(atPath: folder.appending(path: name).path()).map { Array($0) }
  }
}

/// Runs `work` on every one of `threads` threads at once for some seconds; it returns how much it
/// did. The answer is what all threads did per second.
func perSecond(
  threads: Int, seconds: Double, _ work: @escaping @Sendable (_ until: Double) -> Int
) -> Double {
  let total = Mutex(0.0)
  let start = monotonicSeconds()
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    let done = work(start + seconds)
    let elapsed = monotonicSeconds() - start
    total.withLock { $0 += Double(done) / elapsed }
  }
  return total.withLock { $0 }
}

private func syntheticPixels(_ backbone: Backbone) -> [UInt8] {
  (0..<backbone.inputSize.height * backbone.inputSize.width * 3).map {
    UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13)
  }
}

/// Images a second that all threads do together.
func forwardImagesPerSecond(_ backbone: Backbone, threads: Int, seconds: Double) -> Double {
  let pixels = syntheticPixels(backbone)
  return perSecond(threads: threads, seconds: seconds) { until in
    var extractor = FeatureExtractor(backbone)
    var features = [Float](repeating: 0, count: backbone.featureCount)
    var count = 0
    while monotonicSeconds() < until {
      var span = features.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
      count += 1
    }
    return count
  }
}

/// Multiply-adds a second of all threads, on registers alone.
private func multiplyAddLimit(_ precision: Precision, threads: Int, seconds: Double) -> Double {
  perSecond(threads: threads, seconds: seconds) { until in
    var count = 0
    while monotonicSeconds() < until { count += multiplyAdds(precision, rounds: 100_000) }
    return count
  }
}

/// Multiply-adds a second in a short burst.
func multiplyAddsPerSecond(_ precision: Precision, rounds: Int) -> Double {
  let start = monotonicSeconds()
  let count = multiplyAdds(precision, rounds: rounds)
  return Double(count) / (monotonicSeconds() - start)
}

/// Does multiply-adds on registers alone and counts them.
private func multiplyAdds(_ precision: Precision, rounds: Int) -> Int {
  precision == .int8
    ? ProcessorLimit.int8(.chosen, rounds: rounds)
    : ProcessorLimit.float32(.chosen, rounds: rounds)
}
