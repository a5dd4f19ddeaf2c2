import Images
import MobileNet
import RunFiles

/// The Python script beside an exported model.
enum PredictScript {
  static func text(
    input: ExportedInput, _ facts: ModelFacts, _ configuration: RunConfiguration
  ) -> String {
    let (height, width) = facts.inputSize
    let preparation =
      switch input {
      case .pixels: "pixels[None]"
      case .normalized:
        "((pixels.astype(np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)[None]"
      }
    let numbers =
      switch input {
      case .pixels: ""
      case .normalized:
        "MEAN = np.float32(\(list(configuration.preprocess.meanOfBytes)))\n"
          + "DEVIATION = np.float32(\(list(configuration.preprocess.deviationOfBytes)))\n"
      }
    // Line by line: the rules of this project's sources don't hold for Python.
    return [
      "# What \(ModelExport.modelName) sees in photographs.",
      "# usage: python predict.py PHOTOGRAPH…        (pip install onnxruntime pillow numpy)",
      "import pathlib",
      "import sys",
      "",
      "import numpy as np",
      "import onnxruntime",
      "from PIL import Image, ImageOps",
      "",
      "HERE = pathlib.Path(__file__).parent",
      "WIDTH, HEIGHT = \(width), \(height)",
      "\(numbers)",
      "",
      "def fitted(picture):",
      "\(fitting(configuration.fit))",
      "",
      "",
      "def prepared(path):",
      "    with Image.open(path) as picture:",
      "        upright = ImageOps.exif_transpose(picture).convert(\"RGB\")",
      "    pixels = np.asarray(fitted(upright), dtype=np.uint8)",
      "    return \(preparation)",
      "",
      "",
      "def main():",
      "    labels = (HERE / \"labels.txt\").read_text().splitlines()",
      "    session = onnxruntime.InferenceSession(HERE / \"\(ModelExport.modelName)\")",
      "    name = session.get_inputs()[0].name",
      "    for path in sys.argv[1:]:",
      "        probabilities = session.run(None, {name: prepared(path)})[0][0]",
      "        best = probabilities.argsort()[::-1][:3]",
      "        print(path, \", \".join(f\"{labels[i]} {probabilities[i]:.1%}\" for i in best))",
      "",
      "",
      "main()",
      "",
    ].joined(separator: "\n")
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
