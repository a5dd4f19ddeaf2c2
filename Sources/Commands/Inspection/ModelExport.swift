import Images
import MobileNet
import RunFiles
import Training

/// A run's classifier as files that other programs read.
public struct ModelExport: Sendable {
  /// A file, by its name within the folder.
  public struct File: Sendable {
    public let name: String
    public let bytes: [UInt8]
  }

  /// Everything there is: the model, the names of its classes, its head alone, a script that uses it, for
  /// ONNX a web page that does so, and what it is.
  public private(set) var files: [File]

  /// - Parameters:
  ///   - format: of the model's file
  ///   - input: what the model takes
  /// - Throws: a backbone that isn't the head's, or that can't be written in the format, as one in float32
  ///   has no exact form
  public init(
    _ classifier: Classifier, format: ExportFormat, input: ExportedInput
  ) throws(InspectionError) {
    guard format != .onnxExact || classifier.backbone.precision == .int8 else {
      throw InspectionError(
        .data,
        "'--format onnx-exact' is for runs in int8, and \(classifier.runName) is in float32, of which "
          + "'--format onnx' gives all but the last digits")
    }
    let head = classifier.head
    // Dividing the head is dividing its logits.
    let factor = Float(1 / classifier.temperature)
    let labels = classifier.classes.joined(separator: "\n") + "\n"
    let facts: ModelFacts
    let bytes: [UInt8]
    do throws(MobileNetError) {
      var model = try ExportedClassifier(
        object: classifier.object, preprocess: classifier.configuration.preprocess,
        weight: head.weight.map { $0 * factor }, bias: head.bias.map { $0 * factor },
        directions: classifier.calibration?.likeness.directions ?? [])
      facts = ModelFacts(classifier, model, format, input)
      model.metadata =
        [("labels", labels)] + facts.all.map { ($0.name.replacing(" ", with: "_"), $0.value) }
      bytes =
        switch format {
        case .onnx: model.onnx(input: input)
        case .onnxExact: try model.exactOnnx(input: input)
        case .tflite: try model.tflite(input: input)
        }
    } catch {
      throw InspectionError(
        .data, "the run's backbone can't be written as \(format.formatName): \(error)")
    }
    files = [
      File(name: format.modelName, bytes: bytes),
      File(name: "labels.txt", bytes: Array(labels.utf8)),
      File(name: "head.safetensors", bytes: head.safeTensors(classes: classifier.classes)),
      File(
        name: "predict.py",
        bytes: Array(PredictScript(facts, classifier.configuration).text.utf8)),
      File(name: "README.md", bytes: Array(facts.card.utf8)),
    ]
    if format != .tflite {
      files.append(
        File(
          name: "predict.html",
          bytes: Array(PredictPage(facts, classifier.configuration).text.utf8)))
    }
  }
}
