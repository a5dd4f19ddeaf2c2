/// The script of the page in parts. All that comes from a run gets in by `textContent`.
enum PageScript {
  /// Elements, tables and charts.
  static let drawing = #"""
    const byID = id => document.getElementById(id);

    function element(name, text, className) {
      const made = document.createElement(name);
      if (text !== undefined && text !== null) made.textContent = text;
      if (className) made.className = className;
      return made;
    }

    function shape(name, attributes, text) {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const key in attributes) made.setAttribute(key, attributes[key]);
      if (text !== undefined) made.textContent = text;
      return made;
    }

    const count = value => value.toLocaleString("en");
    const decimals = (value, places) => value === null ? "-" : value.toFixed(places);
    const percent = value => value === null ? "-" : (value * 100).toFixed(1) + " %";

    function duration(seconds) {
      const whole = Math.round(seconds), two = value => String(value).padStart(2, "0");
      if (whole < 60) return whole + " s";
      if (whole < 3600) return Math.floor(whole / 60) + " min " + two(whole % 60) + " s";
      return Math.floor(whole / 3600) + " h " + two(Math.floor(whole % 3600 / 60)) + " min";
    }

    // Columns: [title, isNumber]; cells: texts or elements.
    function table(columns, rows) {
      const made = element("table"), head = made.createTHead().insertRow();
      for (const [title, isNumber] of columns) {
        const cell = element("th", title, isNumber ? "number" : "");
        cell.scope = "col";
        head.append(cell);
      }
      const body = made.createTBody();
      for (const row of rows) {
        const line = body.insertRow();
        row.forEach((value, place) => {
          const cell = element("td", null, columns[place][1] ? "number" : "");
          cell.append(value);
          line.append(cell);
        });
      }
      return made;
    }

    // The first of many rows, and a button for more; how many were asked for stays so.
    const grown = new Map();
    function growing(name, items, first, make) {
      const target = byID(name), shown = items.slice(0, Math.max(first, grown.get(name) ?? 0));
      const left = items.length - shown.length;
      target.replaceChildren(make(shown));
      if (left <= 0) return;
      const more = element("button", "Show " + count(Math.min(left, 4 * shown.length)) + " more of "
        + count(items.length), "more");
      more.type = "button";
      more.addEventListener("click", () => {
        grown.set(name, 5 * shown.length);
        growing(name, items, first, make);
        target.focus({ preventScroll: true });
      });
      target.append(more);
    }

    function fold(summary, items, all) {
      const made = element("details"), list = element("ul");
      made.append(element("summary", summary), list);
      for (const item of items) list.append(element("li", item));
      if (all > items.length) list.append(element("li", "and " + count(all - items.length) + " more"));
      return made;
    }

    // Round marks from below the least value to above the greatest.
    function axis(values) {
      let low = Math.min(...values), high = Math.max(...values);
      if (!(high - low > 1e-9)) { low -= 0.05; high += 0.05; }
      const least = (high - low) / 4, power = Math.pow(10, Math.floor(Math.log10(least)));
      const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= least * 0.999);
      const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9), marks = [];
      for (let place = first; place <= last; place++) marks.push(place * step);
      return { low: first * step, high: last * step, marks };
    }

    // Lines: {name, kind, points: [[x, y]], dots}; a name is told in the legend.
    function chart(target, title, lines, ends, label, xTitle) {
      target.replaceChildren();
      const left = 58, right = 432, top = 46, bottom = 252;
      target.append(shape("text", { class: "title", x: 14, y: 24 }, title));
      const known = lines.map(line => ({ ...line,
        points: line.points.filter(([x, y]) => x !== null && y !== null) }));
      const all = known.flatMap(line => line.points);
      if (!all.length) {
        target.append(shape("text", { x: 245, y: 150, "text-anchor": "middle" }, "nothing is known yet"));
        target.setAttribute("aria-label", title + ": nothing is known yet");
        return;
      }
      const vertical = axis(all.map(point => point[1]));
      const lowX = ends[0], highX = Math.max(ends[1], lowX + 1e-9);
      const x = value => left + (right - left) * (value - lowX) / (highX - lowX);
      const y = value =>
        bottom + (top - bottom) * (value - vertical.low) / (vertical.high - vertical.low);
      for (const mark of vertical.marks) {
        if (label(mark) === "") continue;
        target.append(shape("line",
          { class: "grid", x1: left, x2: right, y1: y(mark), y2: y(mark) }));
        target.append(shape("text",
          { x: left - 8, y: y(mark) + 4, "text-anchor": "end" }, label(mark)));
      }
      const horizontal = axis([lowX, highX]).marks
        .filter(mark => mark >= lowX && mark <= highX && Number.isInteger(mark));
      for (const mark of horizontal) {
        target.append(shape("text",
          { x: x(mark), y: bottom + 18, "text-anchor": "middle" }, count(mark)));
      }
      target.append(shape("text",
        { x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, xTitle));
      let legend = right;
      const told = [];
      for (const line of known) {
        const list = line.points.map(point => x(point[0]).toFixed(1) + "," + y(point[1]).toFixed(1));
        if (list.length > 1) {
          target.append(shape("polyline", { class: "line " + line.kind, points: list.join(" ") }));
        }
        if (line.dots && list.length <= 30) {
          for (const point of line.points) target.append(shape("circle",
            { class: line.kind, cx: x(point[0]).toFixed(1), cy: y(point[1]).toFixed(1), r: 3 }));
        }
        if (!line.name) continue;
        target.append(shape("text",
          { class: line.kind, x: legend, y: 24, "text-anchor": "end" }, line.name));
        legend -= 92;
        const last = line.points[line.points.length - 1];
        if (last) told.push(line.name + " " + label(last[1], true));
      }
      target.setAttribute("aria-label", title + ", last: " + told.join(", "));
    }
    """#
}
