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

  public static let modelName = "model.onnx"

  /// Everything there is: the model, the names of its classes, its head alone, a script that uses it,
  /// and what it is.
  public let files: [File]

  /// - Parameter input: what the model takes
  /// - Throws: a backbone that isn't the head's
  public init(_ classifier: Classifier, input: ExportedInput) throws(InspectionError) {
    let head = classifier.head
    // Dividing the head is dividing its logits.
    let factor = Float(1 / classifier.temperature)
    var model: ExportedClassifier
    do throws(MobileNetError) {
      model = try ExportedClassifier(
        object: classifier.object, preprocess: classifier.configuration.preprocess,
        weight: head.weight.map { $0 * factor }, bias: head.bias.map { $0 * factor })
    } catch {
      throw InspectionError(.data, "the run's backbone can't be written as ONNX: \(error)")
    }
    let facts = ModelFacts(classifier, model.inputSize)
    let labels = classifier.classes.joined(separator: "\n") + "\n"
    model.metadata =
      [("labels", labels)] + facts.all.map { ($0.name.replacing(" ", with: "_"), $0.value) }
    files = [
      File(name: Self.modelName, bytes: model.encoded(input: input)),
      File(name: "labels.txt", bytes: Array(labels.utf8)),
      File(name: "head.safetensors", bytes: head.safeTensors(classes: classifier.classes)),
      File(
        name: "predict.py",
        bytes: Array(PredictScript.text(input: input, facts, classifier.configuration).utf8)),
      File(name: "README.md", bytes: Array(facts.card(input: input).utf8)),
    ]
  }
}
