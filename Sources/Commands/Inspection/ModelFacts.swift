import MobileNet
import RunFiles

/// What whoever uses an exported model should know of it: facts of the run, measured or configured.
struct ModelFacts {
  struct Fact {
    let name: String
    let value: String
  }

  let run: String
  let classes: [String]
  let inputSize: (height: Int, width: Int)
  let format: ExportFormat
  let input: ExportedInput
  /// Below it a picture is like none of the classes; nil where the run isn't calibrated.
  let likenessMin: Double?
  let all: [Fact]
  /// Whether gates of squeeze-and-excitation are the one thing that isn't computed as `tl` does.
  private let roundsGates: Bool
  private var isCalibrated: Bool { likenessMin != nil }

  init(
    _ classifier: Classifier, _ model: ExportedClassifier, _ format: ExportFormat,
    _ input: ExportedInput
  ) {
    (self.format, self.input) = (format, input)
    let configuration = classifier.configuration
    let metrics = classifier.metrics
    run = classifier.runName
    likenessMin = classifier.calibration?.likenessMin
    classes = classifier.classes
    inputSize = model.inputSize
    roundsGates = format == .onnxExact && model.hasGates
    func percent(_ share: Double?) -> String? {
      share.map { share in
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
      }
    }
    let facts: [(String, String?)] = [
      ("run", classifier.runName),
      ("epoch", "\(classifier.epoch)"),
      ("started from", configuration.predecessor.map { "\($0)" }),
      ("validation accuracy", percent(metrics?.validationAccuracy)),
      ("validation balanced accuracy", percent(metrics?.validationBalancedAccuracy)),
      ("training accuracy", percent(metrics?.trainAccuracy)),
      (
        "temperature",
        classifier.calibration == nil
          ? "none: the probabilities aren't calibrated"
          : "\((classifier.temperature * 1000).rounded() / 1000)"
      ),
      // In full, so that other programs say of the same pictures that they are none of these.
      ("likeness_min", likenessMin.map { "\($0)" }),
      ("precision", configuration.precision.rawValue),
      (
        "arithmetic",
        format != .onnxExact
          ? nil
          : "that of tl itself"
            + (roundsGates ? ", but for the gates of squeeze-and-excitation" : "")
      ),
      ("preprocess", configuration.preprocess.rawValue),
      ("fit", configuration.fit.rawValue),
      ("depths", "\(configuration.depths)"),
      ("head sha256", "\(classifier.head.digest)"),
      ("backbone sha256", "\(classifier.backboneDigest)"),
    ]
    all = facts.compactMap { name, value in value.map { Fact(name: name, value: $0) } }
  }

  /// The README of the folder, in Markdown.
  var card: String {
    let (height, width) = inputSize
    let shape =
      switch (input, format) {
      case (.pixels, _):
        "`pixels`, uint8 [N, \(height), \(width), 3]: pictures of \(width) × \(height) pixels, red, "
          + "green and blue"
      case (.normalized, .onnx), (.normalized, .onnxExact):
        "`input`, float32 [N, 3, \(height), \(width)]: pictures of \(width) × \(height) pixels after "
          + "the preprocessing named below"
      case (.normalized, .tflite):
        "`input`, float32 [N, \(height), \(width), 3]: pictures of \(width) × \(height) pixels after "
          + "the preprocessing named below"
      }
    // What a cell of a table can't hold.
    func cell(_ text: String) -> String {
      text.replacing("|", with: "\\|").replacing("`", with: "'")
    }
    let table = all.map { "| \($0.name) | \(cell($0.value)) |" }.joined(separator: "\n")
    let calibrated =
      isCalibrated
      ? "\n- The probabilities are calibrated: the model divides logits by the temperature below, which was "
        + "fitted on the validation photographs: where these are many, of the answers that it gives 80 % about "
        + "80 % are right. The run's report.html says how far off it is on them."
      : ""
    let likeness =
      isCalibrated
      ? "\n- Output: `\(ExportedClassifier.likenessName)`, float32 [N], from −1 to 1: how much a picture is "
        + "like the nearest class. Below `likeness_min` it is probably of none of them; so is one of twenty "
        + "that does belong to a class. `predict.py --none-of-these` goes by it." : ""
    let gates =
      roundsGates
      ? "\n- The bytes between layers are those of `tl`, but for the gates of squeeze-and-excitation: they are "
        + "float32, which each runtime adds up in an order of its own. With MobileNetV3 (random weights) "
        + "probabilities differed from those of `tl` by up to 0.0048 in onnxruntime, and by up to 0.0227 with "
        + "its optimizations off. `tl-coord export --check DIR` measures it for this model." : ""
    let page =
      format == .tflite
      ? ""
      : "\n`predict.html` classifies pictures in a browser, by onnxruntime-web, once this folder is served: run "
        + "`npm install onnxruntime-web`\nand `python3 -m http.server 8000 --bind 127.0.0.1` here, and open "
        + "http://127.0.0.1:8000/predict.html.\n"
    let names = classes.prefix(50).map { "`\(cell($0))`" }.joined(separator: ", ")
    let rest = classes.count > 50 ? " and \(classes.count - 50) more (labels.txt)" : ""
    return """
      # An image classifier

      `\(format.modelName)` tells which of \(classes.count) classes a photograph shows: \(names)\(rest).

      - Input: \(shape). `predict.py` shows how a photograph is brought there.
      - Output: `\(ExportedClassifier.outputName)`, float32 [N, \(classes.count)], in the order of `labels.txt`.\(likeness)\(calibrated)\(gates)
      - `head.safetensors` is the trained last layer alone.

      | | |
      | --- | --- |
      \(table)
      \(page)
      Accuracies were measured on the run's own photographs, and tell nothing of photographs of another
      kind. The classifier names one of its classes whatever it is shown. The licence of the backbone and
      of the photographs holds for it, too.

      """
  }
}
