import Images
import Manifest
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
    (beginning + finding + preparing + asking + main).joined(separator: "\n")
  }

  private var modelName: String { facts.format.modelName }

  /// What pip installs.
  private var needed: String { "\(facts.format.package) pillow numpy" }

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
      "# usage: python predict.py [--none-of-these] PHOTOGRAPH|FOLDER…",
      "# needs: pip install \(needed)",
      "# ends with 0; with 1 where something couldn't be answered, which stderr tells; with 2 after wrong options",
      "import argparse",
      "import os",
      "import pathlib",
      "import sys",
      "import warnings",
      "",
      "try:",
      "    import numpy as np",
      "    \(runtime)",
      "    from PIL import Image, ImageOps, UnidentifiedImageError",
      "except ImportError as error:",
      "    sys.exit(f\"predict.py: {error}; it needs: {sys.executable} -m pip install \(needed)\")",
      "",
      "try:",
      "    import pillow_heif",
      "    pillow_heif.register_heif_opener()",
      "except ImportError:",
      "    pillow_heif = None",
      "",
      "HERE = pathlib.Path(__file__).parent",
      "WIDTH, HEIGHT = \(width), \(height)",
      "# The tag of EXIF that says how a picture is to be turned.",
      "ORIENTATION = 0x0112",
      "# As tl has them: larger pictures are refused before memory is taken for them.",
      "PIXELS_MAX = \(ImageLimits.pixelsMax)",
      "JPEG_PIXELS_MAX = \(ImageLimits.scaledPixelsMax)",
      "Image.MAX_IMAGE_PIXELS = JPEG_PIXELS_MAX",
      "# Pillow's remarks about odd files; beyond the limit it warns, and beyond twice the limit it fails.",
      "warnings.filterwarnings(\"ignore\", module=\"PIL\")",
      "warnings.simplefilter(\"error\", Image.DecompressionBombWarning)",
      "# In a folder what has one of these endings is a photograph; what systems leave there isn't looked into.",
      "ENDINGS = \(Self.tuple(PictureName.endings.map { ".\($0)" }))",
      "PASSED_OVER = \(Self.tuple(Rubbish.folders.filter { !$0.hasPrefix(".") }))",
    ] + numbers + [
      "# Pictures that are less like the classes are none of these: 19 of 20 validation photographs are more.",
      "LIKENESS_MIN = \(facts.likenessMin.map { "\($0)" } ?? "None")",
    ]
  }

  /// Functions that name the photographs of an argument, and what is wrong with one.
  private var finding: [String] {
    [
      "",
      "",
      "def photographs(argument):",
      "    # The file itself, or those in a folder and in the folders in it, through links as well; each with None,",
      "    # or with what is wrong with a folder.",
      "    if not os.path.isdir(argument):",
      "        return [(argument, None)]",
      "    found, folders = [], [(argument, frozenset())]",
      "    while folders:",
      "        folder, above = folders.pop()",
      "        place = os.path.realpath(folder)",
      "        if place in above:",
      "            continue",
      "        try:",
      "            names = os.listdir(folder)",
      "        except OSError as error:",
      "            found.append((folder, error))",
      "            continue",
      "        for name in names:",
      "            path = os.path.join(folder, name)",
      "            if name.startswith(\".\"):",
      "                continue",
      "            if os.path.isdir(path):",
      "                if name.lower() not in PASSED_OVER:",
      "                    folders.append((path, above | {place}))",
      "            elif os.path.splitext(name)[1].lower() in ENDINGS:",
      "                found.append((path, None))",
      "    found.sort(key=lambda item: os.fsencode(item[0]))",
      "    return found or [(argument, ValueError(\"there is no photograph in this folder\"))]",
      "",
      "",
      "def reason(error):",
      "    # In a line.",
      "    if isinstance(error, (Image.DecompressionBombWarning, Image.DecompressionBombError)):",
      "        return f\"it has more than {JPEG_PIXELS_MAX:,} pixels\"",
      "    if isinstance(error, UnidentifiedImageError):",
      "        return \"not a picture of a kind that Pillow reads\"",
      "    text = isinstance(error, OSError) and error.strerror or str(error)",
      "    return \" \".join(text.split()) or type(error).__name__",
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
      "def resized(width, height):",
      "    # The size that a picture of this one is made before it is cut or set on grey; rounded half up, as tl does.",
      Self.resizing(configuration.fit),
      "",
      "",
      "def fitted(picture, size):",
      "    picture = picture.resize(size, Image.Resampling.BILINEAR)",
      Self.placing(configuration.fit),
      "",
      "",
      "def prepared(path):",
      "    if os.path.exists(path) and not os.path.isfile(path):",
      "        raise ValueError(\"it is neither a file nor a folder\")",
      "    with Image.open(path) as picture:",
      "        limit = JPEG_PIXELS_MAX if picture.format in (\"JPEG\", \"MPO\") else PIXELS_MAX",
      "        if picture.width * picture.height > limit:",
      "            raise ValueError(f\"it has more than {limit:,} pixels\")",
      "        lies = picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)",
      "        size = resized(*(picture.size[::-1] if lies else picture.size))",
      "        # A large JPEG is scaled down while it is decoded, as tl does it.",
      "        picture.draft(None, size[::-1] if lies else size)",
      "        upright = opaque(ImageOps.exif_transpose(picture))",
      "    pixels = np.asarray(fitted(upright, size), dtype=np.uint8)",
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
      "                        help=\"say which pictures are like none of the classes\")",
      "    parser.add_argument(\"arguments\", nargs=\"+\", metavar=\"PHOTOGRAPH|FOLDER\")",
      "    options = parser.parse_args()",
      "    if options.none_of_these and LIKENESS_MIN is None:",
      "        parser.error(\"this model can't tell: its run wasn't calibrated; let 'tl-coord report' \"",
      "                     \"calibrate it, and export it again\")",
      "    try:",
      "        labels = (HERE / \"labels.txt\").read_text(encoding=\"utf-8\").rstrip(\"\\n\").split(\"\\n\")",
      "        classify = classifier()",
      "    except Exception as error:",
      "        sys.exit(f\"predict.py: can't use \(modelName) and labels.txt in {HERE}: {reason(error)}\")",
      "    status = 0",
      "    for path, error in (item for argument in options.arguments for item in photographs(argument)):",
      "        try:",
      "            if error is not None:",
      "                raise error",
      "            answer = classify(prepared(path))",
      "        # Damaged pictures make Pillow raise errors of any kind.",
      "        except Exception as error:",
      "            lacks_heif = pathlib.Path(path).suffix.lower() in (\".heic\", \".heif\") and not pillow_heif",
      "            hint = \"; for HEIC: pip install pillow-heif\" if lacks_heif else \"\"",
      "            print(f\"{path}: {reason(error)}{hint}\", file=sys.stderr)",
      "            status = 1",
      "            continue",
      "        probabilities = answer[\"\(ExportedClassifier.outputName)\"][0]",
      "        best = probabilities.argsort()[::-1][:3]",
      "        text = \", \".join(\(label))",
      "        if options.none_of_these and answer[\"\(ExportedClassifier.likenessName)\"][0] < LIKENESS_MIN:",
      "            text = f\"none of these (at most {text})\"",
      "        print(path, text)",
      "    sys.stdout.flush()",
      "    return status",
      "",
      "",
      "# Names that the terminal can't show.",
      "sys.stdout.reconfigure(errors=\"backslashreplace\")",
      "try:",
      "    sys.exit(main())",
      "except KeyboardInterrupt:",
      "    sys.exit(130)",
      "except BrokenPipeError:",
      "    # Nobody reads on; nor is there anything to write when Python ends.",
      "    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())",
      "    sys.exit(1)",
      "",
    ]
  }

  /// Of several words, in lines that can be read.
  private static func tuple(_ words: some Sequence<String>) -> String {
    var lines = [""]
    for word in words.sorted() {
      if lines[lines.count - 1].count > lineLength { lines.append("") }
      lines[lines.count - 1] += " \"\(word)\","
    }
    return "(\n" + lines.map { "   \($0)\n" }.joined() + ")"
  }

  private static let lineLength = 80

  private static func list(_ numbers: [Double]) -> String {
    "[" + numbers.map { "\($0)" }.joined(separator: ", ") + "]"
  }

  /// The body of the function that says how large a picture is made.
  private static func resizing(_ fit: Fit) -> String {
    switch fit {
    case .crop:
      """
          if HEIGHT * width >= WIDTH * height:
              return max(WIDTH, (2 * width * HEIGHT + height) // (2 * height)), HEIGHT
          return WIDTH, max(HEIGHT, (2 * height * WIDTH + width) // (2 * width))
      """
    case .stretch:
      """
          return WIDTH, HEIGHT
      """
    case .pad:
      """
          if HEIGHT * width <= WIDTH * height:
              return max(1, (2 * width * HEIGHT + height) // (2 * height)), HEIGHT
          return WIDTH, max(1, (2 * height * WIDTH + width) // (2 * width))
      """
    }
  }

  /// The end of the function that makes a resized picture the input's size.
  private static func placing(_ fit: Fit) -> String {
    switch fit {
    case .crop:
      """
          # The middle, as large as it can be.
          left, top = (picture.width - WIDTH) // 2, (picture.height - HEIGHT) // 2
          return picture.crop((left, top, left + WIDTH, top + HEIGHT))
      """
    case .stretch:
      """
          return picture
      """
    case .pad:
      """
          # All of it, on grey.
          grey = Image.new("RGB", (WIDTH, HEIGHT), (\(Fit.padding), \(Fit.padding), \(Fit.padding)))
          grey.paste(picture, ((WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2))
          return grey
      """
    }
  }
}
