import Report

/// The page of a run.
enum Page {
  static let page = ServedPage(
    markup: markup, sheet: PageStyle.sheet, script: script, images: "'self' data:")

  private static let script =
    "\n\"use strict\";\n\(PageScript.drawing)\n\(PageScript.run)\n\(PageScript.outcome)\n\(PageScript.matrix)\n"

  private static let markup = """
    <header>
    <h1 id="run">tl</h1>
    <p class="lead"><span id="phase">…</span> <span id="time" class="quiet"></span></p>
    <p class="notice" id="silence" role="alert" hidden></p>
    <div id="phases"></div>
    <dl class="figures" id="figures"></dl>
    </header>
    <main>
    <section aria-labelledby="curves-title">
    <h2 id="curves-title">Curves</h2>
    <div class="curves"><svg id="accuracy" viewBox="0 0 450 300" role="img"></svg>
    <svg id="loss" viewBox="0 0 450 300" role="img"></svg></div>
    </section>
    <section aria-labelledby="workers-title">
    <h2 id="workers-title">Workers</h2>
    <div class="wide" id="workers" tabindex="0"></div>
    </section>
    <section id="warnings-section" aria-labelledby="warnings-title" hidden>
    <h2 id="warnings-title">Warnings</h2>
    <div id="warnings"></div>
    </section>
    <p class="notice" id="notice" hidden></p>
    <div id="outcome" hidden>
    <section aria-labelledby="drawn-title">
    <h2 id="drawn-title">Predictions</h2>
    <p id="drawn-note"></p>
    <div class="tiles" id="drawn"></div>
    </section>
    <section id="mistakes-section" aria-labelledby="mistakes-title">
    <h2 id="mistakes-title">The most certain mistakes</h2>
    <p>Look here for wrong labels, and for what the photographs don't show well enough.</p>
    <div class="tiles" id="mistakes"></div>
    </section>
    <section aria-labelledby="matrix-title">
    <h2 id="matrix-title">Confusion matrix</h2>
    <p id="matrix-note"></p>
    <div class="wide" id="matrix" tabindex="0"></div>
    <div id="pairs-section" hidden>
    <p><label for="pair-filter">Only classes with</label>
    <input id="pair-filter" type="search" autocomplete="off" spellcheck="false"></p>
    <div class="wide" id="pairs" tabindex="0"></div>
    </div>
    <div id="cell" hidden>
    <h3 id="cell-title" tabindex="-1"></h3>
    <p class="quiet" id="cell-note"></p>
    <div class="tiles" id="cell-tiles"></div>
    </div>
    </section>
    <section aria-labelledby="classes-title">
    <h2 id="classes-title">Classes</h2>
    <div class="wide" id="classes" tabindex="0"></div>
    <p>Precision: of the photographs taken for the class, those that belong to it. Recall: of the
    class's photographs, those that were recognized. F1: their harmonic mean.</p>
    </section>
    <section id="missing-section" aria-labelledby="missing-title" hidden>
    <h2 id="missing-title">Not classified</h2>
    <div id="missing"></div>
    </section>
    </div>
    <section id="checkpoints-section" aria-labelledby="checkpoints-title" hidden>
    <h2 id="checkpoints-title">Checkpoints</h2>
    <div class="wide" id="checkpoints" tabindex="0"></div>
    <p class="quiet" id="head"></p>
    </section>
    </main>
    <noscript><p class="notice">This page draws itself: it needs JavaScript, which the browser has
    switched off. The run's folder has report.html, which doesn't.</p></noscript>
    """
}
