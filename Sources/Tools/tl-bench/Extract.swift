import CommandLine
import MobileNet

/// Photographs a second from file bytes to features, beside what its two parts would allow.
let extractBenchmark = Benchmark(
  Command(
    "extract", "turns photographs into features again and again",
    groups: [
      OptionGroup(
        "Extract",
        [
          dataOption.declaration, backboneOption.declaration, preprocessOption.declaration,
          inputSizeOption.declaration,
          backbonePrecisionOption.declaration,
          threadsOption.declaration, secondsOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  let photographs = try readPhotographs(settings)
  let backbone = try readBackbone(settings)
  let (height, width) = backbone.inputSize
  let threads = settings[threadsOption]
  let seconds = settings[secondsOption]
  let decode = perSecond(threads: threads, seconds: seconds) { end in
    preprocessInTurn(photographs, height: height, width: width, until: end) { _ in }
  }
  let forward = forwardImagesPerSecond(backbone, threads: threads, seconds: seconds)
  let extract = perSecond(threads: threads, seconds: seconds) { end in
    var extractor = FeatureExtractor(backbone)
    var features = [Float](repeating: 0, count: backbone.featureCount)
    return preprocessInTurn(photographs, height: height, width: width, until: end) { pixels in
      var span = features.mutableSpan
      extractor.features(pixels: pixels, into: &span)
    }
  }
  let parts = 1 / (1 / decode + 1 / forward)
  var report = Report()
  report.add("threads", threads)
  report.add("decode_images_per_second", decode)
  report.add("forward_images_per_second", forward)
  report.add("images_per_second", extract)
  report.add("share_of_its_parts", extract / parts, decimals: 3)
  return report
}
