import Inspection
import Report

/// The page on which pictures can be tried. They are sent as they are, one after the other.
package enum PredictionPage {
  /// Pictures are shown from the visitor's own machine.
  package static let page = ServedPage(
    markup: markup, sheet: sheet, script: script + PictureChoice.script, images: "blob: data:")

  private static let markup = """
    <header>
    <h1 id="run">tl</h1>
    <p class="lead" id="classes">…</p>
    </header>
    <main>
    <label class="drop" id="drop">
    <input type="file" id="files" accept="image/*" multiple>
    <b>Choose pictures</b>
    <span class="quiet">or drop them anywhere on this page, or paste one</span>
    </label>
    <p class="notice" id="notice" role="alert" hidden></p>
    <div id="answers" aria-live="polite"></div>
    </main>
    <noscript><p class="notice">This page needs JavaScript, which the browser has switched off. Without it:
    curl --data-binary @photo.jpg, to the address of this page with predict at its end.</p></noscript>
    """

  private static let sheet = """
    [hidden] { display: none !important; }
    .drop { display: grid; place-items: center; gap: .25rem; padding: 2rem 1rem; margin: 1.5rem 0;
      border: 2px dashed var(--quiet); border-radius: 12px; cursor: pointer; text-align: center; }
    .drop:hover, .dropping .drop { border-color: var(--blue); }
    .drop:focus-within { outline: 2px solid var(--blue); outline-offset: 2px; }
    .drop b { color: var(--blue); font-size: 1.15rem; }
    .drop input { position: absolute; opacity: 0; width: 1px; height: 1px; }
    .answer { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; align-items: start;
      padding: 1rem 0; border-bottom: 1px solid var(--faint); }
    .answer img { width: 100%; max-height: 9rem; object-fit: contain; border-radius: 4px; }
    .answer h2 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; font-weight: normal; }
    .answer .none { font-weight: bold; color: var(--orange); }
    .answer .error { color: var(--red); }
    .guess { display: grid; grid-template-columns: minmax(4rem, 10rem) 1fr 5rem; gap: .75rem;
      align-items: center; margin: .3rem 0; }
    .guess span { overflow-wrap: anywhere; }
    .guess .number { white-space: nowrap; }
    .guess:first-of-type span { font-weight: bold; }
    .guess progress { width: 100%; height: .8rem; accent-color: var(--blue); }
    @media (max-width: 30rem) {
      .answer { grid-template-columns: 5rem 1fr; }
      .guess { grid-template-columns: 1fr 5rem; gap: 0 .75rem; }
      .guess progress { grid-row: 2; grid-column: 1 / -1; }
    }
    """

  private static let script = #"""

    "use strict";
    const byID = id => document.getElementById(id);

    function element(name, text, className) {
      const made = document.createElement(name);
      if (text !== undefined) made.textContent = text;
      if (className) made.className = className;
      return made;
    }

    function tell(sentence) {
      byID("notice").textContent = sentence;
      byID("notice").hidden = !sentence;
    }

    async function begin() {
      const answer = await fetch("/classes");
      if (!answer.ok) throw new Error(await answer.text());
      const model = await answer.json();
      document.title = model.run;
      byID("run").textContent = model.run;
      const count = model.classes.length, shown = model.classes.slice(0, 12).join(", ");
      byID("classes").textContent = count + " classes: " + shown + (count > 12 ? " …" : "");
    }

    function guess(entry) {
      const made = element("div", undefined, "guess"), bar = element("progress");
      bar.max = 1;
      bar.value = entry.probability;
      bar.setAttribute("aria-label", entry.class);
      made.append(element("span", entry.class), bar,
        element("span", (entry.probability * 100).toFixed(1) + " %", "number"));
      return made;
    }

    function show(target, prediction) {
      if (prediction.error) {
        target.append(element("p", prediction.error, "error"));
        return;
      }
      if (prediction.none_of_these) target.append(element("p", "none of these; at most:", "none"));
      for (const entry of prediction.classes) target.append(guess(entry));
    }

    // As the server sends it, or as a sentence.
    async function ask(file) {
      for (let attempt = 0; ; attempt++) {
        const answer = await fetch("/predict", { method: "POST", body: file,
          headers: { "Content-Type": "application/octet-stream" } });
        if (answer.status === 503 && attempt < 5) {
          const seconds = Number(answer.headers.get("Retry-After")) || 1;
          await new Promise(resume => setTimeout(resume, seconds * 1000));
          continue;
        }
        const json = await answer.json();
        return json.predictions ? json.predictions[0] : json;
      }
    }

    let last = Promise.resolve();

    function add(file) {
      const card = element("div", undefined, "answer"), image = element("img");
      const text = element("div");
      image.alt = "";
      image.src = URL.createObjectURL(file);
      image.onload = image.onerror = () => URL.revokeObjectURL(image.src);
      text.append(element("h2", file.name || "picture"));
      const waiting = element("p", "…", "quiet");
      text.append(waiting);
      card.append(image, text);
      byID("answers").prepend(card);
      last = last.then(async () => {
        try {
          const prediction = await ask(file);
          waiting.remove();
          show(text, prediction);
          tell("");
        } catch (error) {
          waiting.textContent = "no answer";
          tell("The server doesn't answer: " + error.message);
        }
      });
    }

    begin().catch(error => tell("The server doesn't answer: " + error.message));

    """#
}
