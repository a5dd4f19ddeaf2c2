import Images
import MobileNet
import RunFiles

/// The Python script beside an exported model.
struct PredictScript {
  private let facts: ModelFacts
  private let configuration: RunConfiguration

  init(_ facts: ModelFacts, _ configuration: RunConfiguration) {
    (self.facts, self.configuration) = (facts, configuration)
  }

  // Line by line: the rules of this project's sources don't hold for Python.
  var text: String {
    (beginning + preparing + asking + main).joined(separator: "\n")
  }

  private var modelName: String { facts.format.modelName }

  private var beginning: [String] {
    let (height, width) = facts.inputSize
    let runtime =
      switch facts.format {
      case .onnx, .onnxExact: "import onnxruntime"
      case .tflite: "from ai_edge_litert.interpreter import Interpreter"
      }
    let numbers =
      switch facts.input {
      case .pixels: [String]()
      case .normalized:
        [
          "MEAN = np.float32(\(Self.list(configuration.preprocess.meanOfBytes)))",
          "DEVIATION = np.float32(\(Self.list(configuration.preprocess.deviationOfBytes)))",
        ]
      }
    return [
      "# What \(modelName) sees in photographs.",
      "# usage: python predict.py [--none-of-these] PHOTOGRAPH…",
      "# needs: pip install \(facts.format.package) pillow numpy",
      "import argparse",
      "import pathlib",
      "import sys",
      "",
      "import numpy as np",
      runtime,
      "from PIL import Image, ImageOps",
      "",
      "try:",
      "    import pillow_heif",
      "    pillow_heif.register_heif_opener()",
      "except ImportError:",
      "    pillow_heif = None",
      "",
      "HERE = pathlib.Path(__file__).parent",
      "WIDTH, HEIGHT = \(width), \(height)",
    ] + numbers + [
      "# Pictures that are less like the classes are none of these: 19 of 20 validation photographs are more.",
      "LIKENESS_MIN = \(facts.likenessMin.map { "\($0)" } ?? "None")",
    ]
  }

  private var preparing: [String] {
    let preparation =
      switch (facts.input, facts.format) {
      case (.pixels, _): "pixels[None]"
      case (.normalized, .onnx), (.normalized, .onnxExact):
        "((pixels.astype(np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)[None]"
      case (.normalized, .tflite): "((pixels.astype(np.float32) - MEAN) / DEVIATION)[None]"
      }
    return [
      "",
      "",
      "def opaque(picture):",
      "    # 16 bits become 8, and what is transparent is laid over white, as tl does it.",
      "    if picture.mode.startswith(\"I\"):",
      "        numbers = np.asarray(picture).astype(np.float64).clip(0, 65535)",
      "        picture = Image.fromarray((numbers / 257).round().astype(np.uint8))",
      "    if \"A\" in picture.getbands() or \"transparency\" in picture.info:",
      "        picture = picture.convert(\"RGBA\")",
      "        white = Image.new(\"RGBA\", picture.size, \"white\")",
      "        picture = Image.alpha_composite(white, picture)",
      "    return picture.convert(\"RGB\")",
      "",
      "",
      "def fitted(picture):",
      Self.fitting(configuration.fit),
      "",
      "",
      "def prepared(path):",
      "    with Image.open(path) as picture:",
      "        upright = opaque(ImageOps.exif_transpose(picture))",
      "    pixels = np.asarray(fitted(upright), dtype=np.uint8)",
      "    return \(preparation)",
    ]
  }

  /// A function that answers what is prepared, by the names of the outputs.
  private var asking: [String] {
    let input = facts.input.inputName
    let lines =
      switch facts.format {
      case .onnx, .onnxExact:
        [
          "    session = onnxruntime.InferenceSession(HERE / \"\(modelName)\")",
          "    names = [output.name for output in session.get_outputs()]",
          "    return lambda prepared: dict(zip(names, session.run(None, {\"\(input)\": prepared})))",
        ]
      case .tflite:
        [
          "    interpreter = Interpreter(model_path=str(HERE / \"\(modelName)\"))",
          "    run = interpreter.get_signature_runner()",
          "    return lambda prepared: run(\(input)=prepared)",
        ]
      }
    return ["", "", "def classifier():"] + lines
  }

  private var main: [String] {
    let label = "f\"{labels[i]} {probabilities[i]:.1%}\" for i in best"
    return [
      "",
      "",
      "def main():",
      "    parser = argparse.ArgumentParser(description=\"Says what photographs show.\")",
      "    parser.add_argument(\"--none-of-these\", action=\"store_true\",",
      "                        help=\"say of pictures that they are like none of the classes\")",
      "    parser.add_argument(\"photographs\", nargs=\"+\", metavar=\"PHOTOGRAPH\")",
      "    options = parser.parse_args()",
      "    if options.none_of_these and LIKENESS_MIN is None:",
      "        parser.error(\"this model can't tell: its run wasn't calibrated; let 'tl-coord report' \"",
      "                     \"calibrate it, and export it again\")",
      "    labels = (HERE / \"labels.txt\").read_text(encoding=\"utf-8\").rstrip(\"\\n\").split(\"\\n\")",
      "    classify = classifier()",
      "    status = 0",
      "    for path in options.photographs:",
      "        try:",
      "            picture = prepared(path)",
      "        except OSError as error:",
      "            lacks_heif = pathlib.Path(path).suffix.lower() in (\".heic\", \".heif\") and not pillow_heif",
      "            hint = \"; for HEIC: pip install pillow-heif\" if lacks_heif else \"\"",
      "            print(f\"{path}: {error}{hint}\", file=sys.stderr)",
      "            status = 1",
      "            continue",
      "        answer = classify(picture)",
      "        probabilities = answer[\"\(ExportedClassifier.outputName)\"][0]",
      "        best = probabilities.argsort()[::-1][:3]",
      "        text = \", \".join(\(label))",
      "        if options.none_of_these and answer[\"\(ExportedClassifier.likenessName)\"][0] < LIKENESS_MIN:",
      "            text = f\"none of these (at most {text})\"",
      "        print(path, text)",
      "    return status",
      "",
      "",
      "sys.exit(main())",
      "",
    ]
  }

  private static func list(_ numbers: [Double]) -> String {
    "[" + numbers.map { "\($0)" }.joined(separator: ", ") + "]"
  }

  /// The body of the function that gives a picture the input's size.
  private static func fitting(_ fit: Fit) -> String {
    switch fit {
    case .crop:
      """
          # The middle, as large as it can be.
          return ImageOps.fit(picture, (WIDTH, HEIGHT), Image.Resampling.BILINEAR)
      """
    case .stretch:
      """
          return picture.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
      """
    case .pad:
      """
          # All of it, on grey.
          grey = (128, 128, 128)
          return ImageOps.pad(picture, (WIDTH, HEIGHT), Image.Resampling.BILINEAR, color=grey)
      """
    }
  }
}
