import Inspection

/// The Python programs that give an exported model the pixels that `tl` had, and compare.
///
/// They take the model, the folder of a `ModelCheck`, the number of pictures and the least likeness, and
/// print a line for each way of running the model, with tabs between: how it ran, the pictures with the
/// same class, the greatest and the mean difference of a probability, and of the likeness the greatest
/// difference and the pictures with the same verdict, or nothing. Before each they say now and then how many
/// pictures have been run.
enum CheckScript {
  /// Begins each line with an answer: runtimes talk as well.
  static let mark = "compared"
  /// Begins each line that says how many pictures have been run, before the answer of that way.
  static let progressMark = "done"

  static func text(_ format: ExportFormat) -> String {
    let runtime =
      switch format {
      case .onnx, .onnxExact: onnxruntime
      case .tflite: liteRT
      }
    return (beginning + runtime + ending).joined(separator: "\n")
  }

  // Line by line: the rules for imports of this project don't hold for Python.
  private static let beginning = [
    "import sys",
    "model, folder, count, least = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])",
  ]

  private static let onnxruntime = [
    "try:",
    "    import numpy as np",
    "    import onnxruntime",
    "except ImportError as error:",
    "    sys.exit(str(error))",
    "isPlanes = True",
    "def runners():",
    "    for level, how in ((\"ORT_ENABLE_ALL\", \"\"), (\"ORT_DISABLE_ALL\", \" without optimizations\")):",
    "        options = onnxruntime.SessionOptions()",
    "        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)",
    "        session = onnxruntime.InferenceSession(",
    "            model, options, providers=[\"CPUExecutionProvider\"])",
    "        source = session.get_inputs()[0]",
    "        names = [output.name for output in session.get_outputs()]",
    "        isPixels = source.type == \"tensor(uint8)\"",
    "        size = source.shape[1:3] if isPixels else source.shape[2:]",
    "        run = lambda batch: dict(zip(names, session.run(None, {source.name: batch})))",
    "        yield f\"onnxruntime {onnxruntime.__version__}{how}\", isPixels, size, run",
  ]

  private static let liteRT = [
    "try:",
    "    import importlib.metadata",
    "    import numpy as np",
    "    from ai_edge_litert.interpreter import Interpreter, OpResolverType",
    "except ImportError as error:",
    "    sys.exit(str(error))",
    "isPlanes = False",
    "def runners():",
    "    version = importlib.metadata.version(\"ai-edge-litert\")",
    "    for kernels, how in ((\"AUTO\", \"\"), (\"BUILTIN_WITHOUT_DEFAULT_DELEGATES\", \" without XNNPACK\")):",
    "        interpreter = Interpreter(",
    "            model_path=model, experimental_op_resolver_type=getattr(OpResolverType, kernels))",
    "        run = interpreter.get_signature_runner()",
    "        name, source = next(iter(run.get_input_details().items()))",
    "        isPixels = source[\"dtype\"] == np.uint8",
    "        yield (f\"LiteRT {version}{how}\", isPixels, source[\"shape\"][1:3],",
    "               lambda batch: run(**{name: batch}))",
  ]

  private static let ending = [
    "expected = np.fromfile(f\"{folder}/probabilities\", \"<f4\").reshape(count, -1)",
    "likeness = np.fromfile(f\"{folder}/likeness\", \"<f8\")",
    "pixels = np.fromfile(f\"{folder}/pixels\", np.uint8)",
    "mean, deviation = np.fromfile(f\"{folder}/scale\", \"<f8\").reshape(2, 3).astype(np.float32)",
    "for how, isPixels, (height, width), run in runners():",
    "    pictures = pixels.reshape(count, height, width, 3)",
    "    def prepared(batch):",
    "        if isPixels:",
    "            return batch",
    "        numbers = (batch.astype(np.float32) - mean) / deviation",
    "        return numbers.transpose(0, 3, 1, 2).copy() if isPlanes else numbers",
    "    answers = []",
    "    for start in range(0, count, 16):",
    "        answers.append(run(prepared(pictures[start:start + 16])))",
    "        print(\"\\ndone\", min(start + 16, count), sep=\"\\t\", flush=True)",
    "    found = np.concatenate([answer[\"probabilities\"] for answer in answers])",
    "    difference = np.abs(found - expected)",
    "    fields = [how, (found.argmax(1) == expected.argmax(1)).sum(), difference.max(), difference.mean()]",
    "    if likeness.size:",
    "        own = np.concatenate([answer[\"likeness\"] for answer in answers])",
    "        fields += [np.abs(own - likeness).max(), ((own < least) == (likeness < least)).sum()]",
    "    print(\"\\ncompared\", *fields, sep=\"\\t\", flush=True)",
  ]
}
