import MobileNet
import RunFiles

/// The web page beside an exported ONNX model: a program for browsers as `predict.py` is one for Python.
///
/// It has the names of the classes in it and loads two things, the model and onnxruntime-web, which whoever
/// puts the page on a server puts beside it.
struct PredictPage {
  private let facts: ModelFacts
  private let configuration: RunConfiguration

  init(_ facts: ModelFacts, _ configuration: RunConfiguration) {
    (self.facts, self.configuration) = (facts, configuration)
  }

  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>An image classifier</title>
    <link rel="icon" href="data:,">
    <style>
    \(Self.sheet)
    </style>
    </head>
    <body>
    \(Self.markup)
    <script>
    \(constants)

    \(Self.loading)

    \(Self.preparing)

    \(Self.showing)
    \(PictureChoice.script)
    </script>
    </body>
    </html>

    """
  }

  /// What the page knows of the model.
  private var constants: String {
    let (height, width) = facts.inputSize
    let normalization: JSONValue =
      switch facts.input {
      case .pixels: .null
      case .normalized:
        .object([
          .init("mean", Self.list(configuration.preprocess.meanOfBytes)),
          .init("deviation", Self.list(configuration.preprocess.deviationOfBytes)),
        ])
      }
    return """
      "use strict";
      // Where onnxruntime-web lies: 'npm install onnxruntime-web', in the folder of this page, puts it there.
      // An address does as well, such as https://cdn.jsdelivr.net/npm/onnxruntime-web@1.22.0/dist/
      const RUNTIME = "node_modules/onnxruntime-web/dist/";

      const MODEL = \(Self.script(.string(facts.format.modelName)));
      const RUN = \(Self.script(.string(facts.run)));
      const CLASSES = \(Self.script(.array(facts.classes.map { .string($0) })));
      const WIDTH = \(width), HEIGHT = \(height);
      // How pictures of another shape come to that size: crop, stretch or pad.
      const FIT = \(Self.script(.string(configuration.fit.rawValue)));
      // What the model takes, and what is taken from a byte of red, green and blue and what it is divided by
      // before; null where the model does that itself.
      const INPUT = \(Self.script(.string(facts.input.inputName))), NORMALIZATION = \(Self.script(normalization));
      // Pictures that are less like the classes are none of these: 19 of 20 validation photographs are more.
      const LIKENESS_MIN = \(Self.script(facts.likenessMin.map { .double($0) } ?? .null));
      """
  }

  private static func list(_ numbers: [Double]) -> JSONValue { .array(numbers.map { .double($0) }) }

  /// A value as it may stand in a script within a page: no name of a class ends the script.
  private static func script(_ value: JSONValue) -> String {
    value.encoded.replacing("<", with: "\\u003c")
  }

  private static let sheet = """
    :root { color-scheme: light dark; --accent: light-dark(#1f5fbf, #86b4ff);
      --warning: light-dark(#a33c00, #ffae70); --faint: light-dark(#ddd, #444); }
    * { box-sizing: border-box; }
    [hidden], .trusting .none { display: none !important; }
    body { font: 16px/1.5 system-ui, sans-serif; color: CanvasText; background: Canvas;
      max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
    h2 { font-size: 1rem; font-weight: normal; margin: 0 0 .5rem; }
    .drop { display: grid; place-items: center; gap: .25rem; padding: 2rem 1rem; margin: 1.5rem 0 1rem;
      border: 2px dashed GrayText; border-radius: 12px; cursor: pointer; text-align: center; }
    .drop:hover, .dropping .drop { border-color: var(--accent); }
    .drop:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
    .drop b { color: var(--accent); font-size: 1.15rem; }
    .drop input { position: absolute; opacity: 0; width: 1px; height: 1px; }
    #notice { border-left: 4px solid var(--warning); padding: .25rem .75rem; white-space: pre-line; }
    .answer { display: grid; grid-template-columns: minmax(5rem, 9rem) 1fr; gap: 1rem; align-items: start;
      padding: 1rem 0; border-bottom: 1px solid var(--faint); }
    .answer img { width: 100%; max-height: 9rem; object-fit: contain; border-radius: 4px; }
    .none, .error { color: var(--warning); margin: .5rem 0; }
    .none { font-weight: bold; }
    .guess { display: grid; grid-template-columns: minmax(4rem, 1fr) 1fr 4.5rem; gap: .75rem;
      align-items: center; margin: .3rem 0; }
    .guess:first-of-type span { font-weight: bold; }
    .guess progress { width: 100%; height: .8rem; accent-color: var(--accent); }
    @media (max-width: 30rem) {
      .answer { grid-template-columns: 5rem 1fr; }
      .guess { grid-template-columns: 1fr 4.5rem; gap: 0 .75rem; }
      .guess progress { grid-row: 2; grid-column: 1 / -1; }
    }
    .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
    """

  private static let markup = """
    <h1 id="run">An image classifier</h1>
    <p id="classes"></p>
    <label class="drop">
    <input type="file" id="files" accept="image/*" multiple>
    <b>Choose pictures</b>
    <span>or drop them anywhere on this page, or paste one: they stay on this device</span>
    </label>
    <p><label id="doubting" hidden><input type="checkbox" id="doubts"> say which pictures are like none
    of the classes</label></p>
    <p id="notice" role="alert" hidden></p>
    <div id="answers" aria-live="polite"></div>
    <noscript><p>This page needs JavaScript, which the browser has switched off.</p></noscript>
    """
}
