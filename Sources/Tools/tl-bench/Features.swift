import CommandLine
import Foundation
import MobileNet

private let inputOption = Option<String?>(
  "input", .text("FILE"), "file of float32 tensors, 3 x height x width each, normalized")
private let pixelsOption = Option<String?>(
  "pixels", .text("FILE"), "file of images instead, height x width x 3 bytes each")
private let outputOption = Option<String?>("output", .text("FILE"), "file for the float32 results")
private let logitsOption = Option<Bool>(
  flag: "logits", "write the classifier's logits instead of the features")
private let precisionOption = Option<String>(
  "precision", .choice(Precision.allCases.map(\.rawValue)), default: Precision.float32.rawValue,
  "int8 needs --pixels, and calibrates on the first 64 images")

private let calibrationImageCount = 64

/// Features of raw tensors, for comparison with other engines on the very same numbers.
let featuresBenchmark = Benchmark(
  Command(
    "features", "computes features of raw tensors, to compare engines",
    groups: [
      OptionGroup(
        "Features",
        [
          backboneOption.declaration, preprocessOption.declaration, inputSizeOption.declaration,
          inputOption.declaration,
          pixelsOption.declaration, outputOption.declaration, logitsOption.declaration,
          precisionOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  guard let path = settings[backboneOption], let output = settings[outputOption] else {
    throw CommandLineError(.usage, "--backbone and --output are both needed")
  }
  var backbone = try Backbone(
    onnx: readOnnx(path, settings), keepClassifier: settings[logitsOption],
    preprocess: settings[preprocessOption])
  let perImage = backbone.inputSize.height * backbone.inputSize.width * 3
  let results: [Float]
  if let pixels = settings[pixelsOption] {
    let images = try readElements(of: UInt8.self, in: pixels, perImage: perImage)
    if settings[precisionOption] == Precision.int8.rawValue {
      let calibrating = images.prefix(calibrationImageCount * perImage)
      let chosen = stride(from: 0, to: calibrating.count, by: perImage).map {
        Array(calibrating[$0..<$0 + perImage])
      }
      backbone = try Backbone(
        object: QuantizedBackbone.object(quantizing: backbone, calibratingOn: chosen))
    }
    results = eachImage(backbone, count: images.count / perImage) { extractor, index, features in
      extractor.features(
        pixels: images.span.extracting(index * perImage..<(index + 1) * perImage),
        into: &features)
    }
  } else if let input = settings[inputOption], settings[precisionOption] != "int8" {
    let tensors = try readElements(of: Float.self, in: input, perImage: perImage)
    results = eachImage(backbone, count: tensors.count / perImage) { extractor, index, features in
      extractor.features(
        input: tensors.span.extracting(index * perImage..<(index + 1) * perImage),
        into: &features)
    }
  } else {
    throw CommandLineError(.usage, "--input or, for int8, --pixels is needed")
  }
  try unsafe results.withUnsafeBytes { unsafe Data($0) }.write(to: URL(filePath: output))
  var report = Report()
  report.add("images", results.count / backbone.featureCount)
  report.add("features", backbone.featureCount)
  if let noise = backbone.int8Noise { report.add("int8 noise", Double(noise), decimals: 3) }
  return report
}

private func readElements<Element: BitwiseCopyable>(
  of type: Element.Type, in path: String, perImage: Int
) throws -> [Element] {
  let bytes = try Data(contentsOf: URL(filePath: path))
  let elements = unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: Element.self)) }
  guard !elements.isEmpty, elements.count.isMultiple(of: perImage) else {
    throw CommandLineError(.data, "\(path) isn't a whole number of images of \(perImage) values")
  }
  return elements
}

/// All images' features, one after the other.
private func eachImage(
  _ backbone: Backbone, count: Int,
  _ compute: (inout FeatureExtractor, Int, inout MutableSpan<Float>) -> Void
) -> [Float] {
  var extractor = FeatureExtractor(backbone)
  var features = [Float](repeating: 0, count: backbone.featureCount)
  var results: [Float] = []
  for index in 0..<count {
    var span = features.mutableSpan
    compute(&extractor, index, &span)
    results += features
  }
  return results
}
