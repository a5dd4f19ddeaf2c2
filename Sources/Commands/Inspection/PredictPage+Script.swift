import MobileNet

/// What the page does. Its parts know each other and the constants before them.
extension PredictPage {
  /// Loads onnxruntime-web and the model, once, and asks the model.
  static let loading = #"""
    const started = load();

    // Returns what answers: the module of onnxruntime-web, and a session of it with the model.
    async function load() {
      if (location.protocol === "file:") {
        throw new Error("Browsers let a page that was opened as a file load nothing. Serve its folder:\n"
          + "python3 -m http.server 8000 --bind 127.0.0.1 --directory FOLDER\n"
          + "and open http://127.0.0.1:8000/predict.html");
      }
      let runtime;
      try {
        runtime = await import(new URL(RUNTIME + "ort.min.mjs", document.baseURI));
      } catch (error) {
        throw new Error(`onnxruntime-web can't be loaded from ${RUNTIME} (${error.message}).\n`
          + "'npm install onnxruntime-web', in the folder of this page, puts it into node_modules; "
          + "the constant RUNTIME in this page names another place.");
      }
      const answer = await fetch(MODEL).catch(error => ({ statusText: error.message }));
      if (!answer.ok) {
        throw new Error(`${MODEL} can't be had from where this page lies: `
          + [answer.status, answer.statusText].filter(part => part).join(" "));
      }
      try {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        const options = { executionProviders: ["wasm"] };
        return { runtime, session: await runtime.InferenceSession.create(bytes, options) };
      } catch (error) {
        throw new Error(`onnxruntime-web can't use ${MODEL}: ${error.message}`);
      }
    }

    // What the model says of pixels, as 'prepared' gives them: a probability for each class, and how much the
    // picture is like the nearest one (undefined where the model can't tell).
    async function answer(pixels) {
      const { runtime, session } = await started;
      const input = NORMALIZATION
        ? new runtime.Tensor("float32", normalized(pixels), [1, 3, HEIGHT, WIDTH])
        : new runtime.Tensor("uint8", pixels, [1, HEIGHT, WIDTH, 3]);
      const outputs = await session.run({ [INPUT]: input });
      return { probabilities: Array.from(outputs.\#(ExportedClassifier.outputName).data),
        likeness: outputs.\#(ExportedClassifier.likenessName)?.data[0] };
    }
    """#

  /// From a file to pixels. The filter is that of `tl`; a canvas has one that every browser chooses for itself.
  static let preparing = #"""
    // Larger pictures are first scaled down by the browser, which spares memory.
    const PIXELS_MAX = 1 << 22;

    // A file's picture as RGBA, upright, without what is transparent: that lies on white.
    async function opened(file) {
      // Colours as the file has them, not as they look on this screen: tl knows no profiles.
      const picture = await createImageBitmap(file, { colorSpaceConversion: "none" });
      const scale = Math.min(1, Math.sqrt(PIXELS_MAX / (picture.width * picture.height)));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.fillStyle = "white";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      return context.getImageData(0, 0, canvas.width, canvas.height);
    }

    // Where n pixels are resized to m: the pixels that each of 'count' from 'from' on is made of, and their
    // shares, which fall off evenly to both sides, over one pixel of the larger kind.
    function shares(n, m, from, count) {
      const reach = Math.max(1, n / m);
      return Array.from({ length: count }, (_, i) => {
        const centre = (from + i + 0.5) * n / m;
        const first = Math.max(0, Math.floor(centre - reach));
        const weights = [];
        for (let j = first; j < Math.min(n, centre + reach); j++) {
          weights.push(Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach));
        }
        const sum = weights.reduce((a, b) => a + b);
        return { first, weights: weights.map(weight => weight / sum) };
      });
    }

    // RGBA of any size as the model wants it: HEIGHT × WIDTH × RGB. The middle is kept of what is larger, and
    // what is smaller lies in the middle of grey.
    function fitted({ data, width, height }) {
      const scale = (FIT === "crop" ? Math.max : Math.min)(WIDTH / width, HEIGHT / height);
      const across = FIT === "stretch" ? WIDTH : Math.max(1, Math.round(width * scale));
      const down = FIT === "stretch" ? HEIGHT : Math.max(1, Math.round(height * scale));
      const keptAcross = Math.min(across, WIDTH), keptDown = Math.min(down, HEIGHT);
      const columns = shares(width, across, across - keptAcross >> 1, keptAcross);
      const rows = shares(height, down, down - keptDown >> 1, keptDown);
      const left = WIDTH - keptAcross >> 1, top = HEIGHT - keptDown >> 1;
      const pixels = new Uint8Array(HEIGHT * WIDTH * 3).fill(128);
      const blended = new Float32Array(4 * width);
      rows.forEach((row, y) => {
        blended.fill(0);
        row.weights.forEach((weight, j) => {
          const start = 4 * width * (row.first + j);
          for (let i = 0; i < blended.length; i++) blended[i] += weight * data[start + i];
        });
        columns.forEach((column, x) => {
          for (let channel = 0; channel < 3; channel++) {
            let sum = 0;
            column.weights.forEach((weight, j) => {
              sum += weight * blended[4 * (column.first + j) + channel];
            });
            pixels[3 * ((top + y) * WIDTH + left + x) + channel] = Math.round(sum);
          }
        });
      });
      return pixels;
    }

    async function prepared(file) { return fitted(await opened(file)); }

    // As planes of red, green and blue.
    function normalized(pixels) {
      const size = HEIGHT * WIDTH, planes = new Float32Array(3 * size);
      pixels.forEach((byte, i) => {
        const channel = i % 3;
        planes[channel * size + (i - channel) / 3] =
          (byte - NORMALIZATION.mean[channel]) / NORMALIZATION.deviation[channel];
      });
      return planes;
    }
    """#

  /// What people see.
  static let showing = #"""
    const byID = id => document.getElementById(id);

    function element(name, text, className) {
      const made = document.createElement(name);
      if (text !== undefined) made.textContent = text;
      if (className) made.className = className;
      return made;
    }

    function guess(probability, name) {
      const made = element("div", undefined, "guess"), bar = element("progress");
      bar.value = probability;
      bar.setAttribute("aria-label", name);
      made.append(element("span", name), bar, element("span", (100 * probability).toFixed(1) + " %", "number"));
      return made;
    }

    // The three likeliest classes.
    function guesses(probabilities) {
      return probabilities.map((probability, i) => [probability, CLASSES[i]])
        .sort((a, b) => b[0] - a[0]).slice(0, 3).map(([probability, name]) => guess(probability, name));
    }

    async function shown(file) {
      let pixels;
      try {
        pixels = await prepared(file);
      } catch (error) {
        const isHEIC = /\.hei[cf]$/i.test(file.name) || /\/hei[cf]$/.test(file.type);
        return [element("p", "This browser can't read it as a picture"
          + (isHEIC ? "; HEIC is read by Safari." : "."), "error")];
      }
      try {
        const { probabilities, likeness } = await answer(pixels);
        const isNone = LIKENESS_MIN !== null && likeness < LIKENESS_MIN;
        return [...isNone ? [element("p", "none of these; at most:", "none")] : [], ...guesses(probabilities)];
      } catch (error) {
        return [element("p", "No answer: " + error.message, "error")];
      }
    }

    // One after the other, so that many pictures don't take memory at the same time.
    let last = started.catch(error => {
      byID("notice").textContent = error.message;
      byID("notice").hidden = false;
    });

    function add(file) {
      const card = element("div", undefined, "answer"), image = element("img"), text = element("div");
      image.alt = "";
      image.src = URL.createObjectURL(file);
      image.onload = image.onerror = () => URL.revokeObjectURL(image.src);
      const waiting = element("p", "…");
      text.append(element("h2", file.name), waiting);
      card.append(image, text);
      byID("answers").prepend(card);
      last = last.then(async () => waiting.replaceWith(...await shown(file)));
    }

    document.title = RUN;
    byID("run").textContent = RUN;
    byID("classes").textContent =
      `${CLASSES.length} classes: ${CLASSES.slice(0, 12).join(", ")}${CLASSES.length > 12 ? " …" : ""}`;
    byID("doubting").hidden = LIKENESS_MIN === null;
    const doubts = () => document.body.classList.toggle("trusting", !byID("doubts").checked);
    byID("doubts").addEventListener("change", doubts);
    doubts();
    """#
}
