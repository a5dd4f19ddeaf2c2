extension PageScript {
  /// Which classes are taken for which: as a table, or, of many classes, as a map and a list.
  static let matrix = #"""
    const matrixClassesMax = 40, numbersMax = 20, pairsAtFirst = 20;

    function shade(label, predicted, samples) {
      return [label === predicted ? "--blue" : "--red",
        0.12 + 0.43 * samples / outcome.per_class[label][0]];
    }

    function cellButton(label, predicted, samples) {
      const made = element("button", outcome.classes.length <= numbersMax ? count(samples) : "");
      const [colour, part] = shade(label, predicted, samples);
      made.type = "button";
      made.title = cellWords(label, predicted) + ": " + count(samples);
      made.setAttribute("aria-label", made.title);
      made.ariaPressed = "false";
      made.style.background =
        "color-mix(in srgb, var(" + colour + ") " + Math.round(100 * part) + "%, var(--paper))";
      made.addEventListener("click", () => choose(label, predicted, samples, made));
      return made;
    }

    function matrixTable() {
      const classes = outcome.classes;
      const made = element("table", null, classes.length > numbersMax ? "matrix many" : "matrix");
      const head = made.createTHead().insertRow(), body = made.createTBody();
      head.append(element("td", ""));
      for (const name of classes) {
        const cell = element("th");
        cell.scope = "col";
        cell.append(element("span", name));
        cell.title = name;
        head.append(cell);
      }
      const found = new Map(outcome.cells.map(cell => [cell[0] + "," + cell[1], cell[2]]));
      classes.forEach((name, label) => {
        const row = body.insertRow(), cell = element("th", name);
        cell.scope = "row";
        cell.title = name;
        row.append(cell);
        classes.forEach((_, predicted) => {
          const samples = found.get(label + "," + predicted), place = row.insertCell();
          if (samples) place.append(cellButton(label, predicted, samples));
        });
      });
      return made;
    }

    // A map has at least so many pixels, and a finger misses its place by so many at most.
    const mapPixelsMin = 800, missMax = 14;

    function drawMap(map) {
      const size = outcome.classes.length, scale = Math.max(1, Math.ceil(mapPixelsMin / size));
      const brush = map.getContext("2d"), colours = getComputedStyle(document.documentElement);
      map.width = map.height = size * scale;
      for (const [label, predicted, samples] of outcome.cells) {
        const [colour, part] = shade(label, predicted, samples);
        brush.fillStyle = colours.getPropertyValue(colour).trim();
        // Stronger than behind numbers.
        brush.globalAlpha = Math.min(1, 0.25 + 1.3 * part);
        brush.fillRect(predicted * scale, label * scale, scale, scale);
      }
    }

    // The cell nearest to a place of a map, if one is near.
    function cellAt(map, event) {
      const cellWidth = map.clientWidth / outcome.classes.length;
      const x = event.offsetX / cellWidth - 0.5, y = event.offsetY / cellWidth - 0.5;
      let best = null, least = missMax / cellWidth + 0.5;
      for (const cell of outcome.cells) {
        const distance = Math.hypot(cell[1] - x, cell[0] - y);
        if (distance < least) [best, least] = [cell, distance];
      }
      return best;
    }

    function matrixMap() {
      const map = element("canvas", null, "map"), words = element("p", "\u00a0", "quiet");
      map.setAttribute("role", "img");
      map.setAttribute("aria-label", "Map of the confusion matrix; the list below has the same.");
      map.addEventListener("pointermove", event => {
        const cell = cellAt(map, event);
        words.textContent = cell ? cellWords(cell[0], cell[1]) + ": " + count(cell[2]) : "\u00a0";
      });
      map.addEventListener("click", event => {
        const cell = cellAt(map, event);
        if (cell) choose(...cell, map);
      });
      drawMap(map);
      return [map, words];
    }

    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      const map = document.querySelector("canvas.map");
      if (map) drawMap(map);
    });

    function showPairs() {
      const part = byID("pair-filter").value.trim().toLowerCase();
      const has = place => outcome.classes[place].toLowerCase().includes(part);
      const pairs = outcome.cells
        .filter(([label, predicted]) => part ? has(label) || has(predicted) : label !== predicted)
        .sort((a, b) => b[2] - a[2]);
      growing("pairs", pairs, pairsAtFirst, some => some.length ? table(
        [["true class", false], ["taken for", false], ["photographs", true]],
        some.map(([label, predicted, samples]) => {
          const link = element("button", outcome.classes[label], "link");
          link.type = "button";
          link.addEventListener("click", () => choose(label, predicted, samples, link));
          return [link, label === predicted ? "itself" : outcome.classes[predicted],
            count(samples) + " of " + count(outcome.per_class[label][0])];
        }))
        : element("p", part ? "No class has that in its name." : "None is taken for another.", "quiet"));
    }

    byID("pair-filter").addEventListener("input", () => { grown.delete("pairs"); showPairs(); });

    function showMatrix() {
      const isMap = outcome.classes.length > matrixClassesMax;
      byID("matrix-note").textContent =
        "A row for each true class, a column for each predicted one: blue where right, red where wrong. "
        + (isMap ? "Choose a place, or a line of the list, which begins with the most frequent mistakes, "
          + "to see its photographs." : "Choose a cell to see its photographs.");
      byID("matrix").replaceChildren(...(isMap ? matrixMap() : [matrixTable()]));
      byID("pairs-section").hidden = !isMap;
      if (isMap) showPairs();
    }
    """#
}
