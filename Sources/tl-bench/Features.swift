import CommandLine
import Foundation
import MobileNet

private let inputOption = Option<String?>(
  "input", .text("FILE"), "file of float32 tensors, 3 x height x width each, normalized")
private let outputOption = Option<String?>("output", .text("FILE"), "file for the float32 results")
private let logitsOption = Option<Bool>(
  flag: "logits", "write the classifier's logits instead of the features")

/// Features of raw tensors, for comparison with other engines on the very same numbers.
let featuresBenchmark = Benchmark(
  Command(
    "features", "computes features of raw tensors, to compare engines",
    groups: [
      OptionGroup(
        "Features",
        [
          backboneOption.declaration, inputOption.declaration, outputOption.declaration,
          logitsOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  guard let path = settings[backboneOption], let input = settings[inputOption],
    let output = settings[outputOption]
  else {
    throw CommandLineError(.usage, "--backbone, --input and --output are all needed")
  }
  let model = try Data(contentsOf: URL(filePath: path))
  let backbone = try Backbone(
    onnx: Array(model), keepClassifier: settings[logitsOption], preprocess: .inception)
  let bytes = try Data(contentsOf: URL(filePath: input))
  let values = unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
  let perImage = backbone.inputSize.height * backbone.inputSize.width * 3
  let count = values.count / perImage
  guard count > 0, values.count == count * perImage else {
    throw CommandLineError(.data, "\(input) isn't a whole number of images of \(perImage) values")
  }
  var results: [Float] = []
  var features = [Float](repeating: 0, count: backbone.featureCount)
  var extractor = FeatureExtractor(backbone)
  for index in 0..<count {
    var span = features.mutableSpan
    extractor.features(
      input: values.span.extracting(index * perImage..<(index + 1) * perImage), into: &span)
    results += features
  }
  try unsafe results.withUnsafeBytes { unsafe Data($0) }.write(to: URL(filePath: output))
  var report = Report()
  report.add("images", count)
  report.add("features", backbone.featureCount)
  return report
}
