extension PageScript {
  /// What the classifier makes of the validation photographs.
  static let outcome = #"""
    let outcome = null, pictures = 0, chosen = null;
    const matrixClassesMax = 40, numbersMax = 20, pairsMax = 100;

    function tile(number, showsPath) {
      const [label, predicted, certainty, path] = outcome.photographs[number];
      const isRight = label === predicted;
      const made = element("figure", null, isRight ? "right" : "wrong");
      const words = isRight ? outcome.classes[label] + ", recognized"
        : outcome.classes[label] + ", taken for " + outcome.classes[predicted];
      made.title = path + ": " + words;
      if (number < pictures) {
        const picture = element("img");
        picture.width = picture.height = 192;
        picture.alt = words;
        picture.addEventListener("error", () => {
          picture.replaceWith(element("span", "no longer there", "gone"));
        });
        picture.src = "/photographs/" + shownOutcome + "/" + number + ".jpg";
        made.append(picture);
      } else {
        made.append(element("span", "not read yet", "gone"));
      }
      const caption = element("figcaption"), mark = element("b", isRight ? "✓ " : "✗ ");
      mark.append(outcome.classes[predicted] + " ", element("i", percent(certainty)));
      caption.append(mark);
      if (!isRight) caption.append(element("span", "is " + outcome.classes[label]));
      if (showsPath) caption.append(element("small", path));
      made.append(caption);
      return made;
    }

    const numbers = (first, end) => Array.from({ length: end - first }, (_, place) => first + place);

    function choose(label, predicted, samples, button) {
      chosen = [label, predicted, samples];
      for (const one of document.querySelectorAll("[aria-pressed=true]")) one.ariaPressed = "false";
      if (button) button.ariaPressed = "true";
      const found = numbers(0, outcome.photographs.length).filter(number =>
        outcome.photographs[number][0] === label && outcome.photographs[number][1] === predicted);
      byID("cell-title").textContent = label === predicted
        ? outcome.classes[label] + ", recognized"
        : outcome.classes[label] + ", taken for " + outcome.classes[predicted];
      byID("cell-note").textContent = found.length < samples
        ? count(found.length) + " of " + count(samples) + " photographs" : "";
      byID("cell-tiles").replaceChildren(...found.map(number => tile(number, true)));
      byID("cell").hidden = false;
      if (button) {
        byID("cell-title").focus({ preventScroll: true });
        byID("cell").scrollIntoView({ block: "nearest" });
      }
    }

    function cellButton(label, predicted, samples, total) {
      const made = element("button", outcome.classes.length <= numbersMax ? count(samples) : "");
      const words = outcome.classes[label] + " taken for " + outcome.classes[predicted] + ": "
        + count(samples);
      made.type = "button";
      made.title = words;
      made.setAttribute("aria-label", words);
      made.ariaPressed = "false";
      made.style.background = "color-mix(in srgb, var(--" + (label === predicted ? "blue" : "red")
        + ") " + Math.round(12 + 43 * samples / total) + "%, var(--paper))";
      made.addEventListener("click", () => choose(label, predicted, samples, made));
      return made;
    }

    function showMatrix() {
      const classes = outcome.classes, totals = outcome.per_class.map(row => row[0]);
      if (classes.length > matrixClassesMax) {
        const pairs = outcome.cells.filter(cell => cell[0] !== cell[1])
          .sort((a, b) => b[2] - a[2]).slice(0, pairsMax);
        byID("matrix").replaceChildren(table(
          [["true class", false], ["taken for", false], ["photographs", true]],
          pairs.map(([label, predicted, samples]) => {
            const link = element("button", classes[label], "link");
            link.type = "button";
            link.addEventListener("click", () => choose(label, predicted, samples, link));
            return [link, classes[predicted], count(samples)];
          })));
        return;
      }
      const made = element("table", null, classes.length > numbersMax ? "matrix many" : "matrix");
      const head = made.createTHead().insertRow(), body = made.createTBody();
      head.append(element("td", ""));
      for (const name of classes) {
        const cell = element("th");
        cell.scope = "col";
        cell.append(element("span", name.length > 18 ? name.slice(0, 17) + "…" : name));
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
          if (samples) place.append(cellButton(label, predicted, samples, totals[label]));
        });
      });
      byID("matrix").replaceChildren(made);
    }

    function showClasses() {
      const rows = outcome.classes.map((name, label) => [name, count(outcome.training[label]),
        count(outcome.per_class[label][0]), ...outcome.per_class[label].slice(1).map(percent)]);
      byID("classes").replaceChildren(table([["class", false], ["trained on", true],
        ["validated with", true], ["precision", true], ["recall", true], ["F1", true]], rows));
    }

    function showPictures() {
      byID("drawn").replaceChildren(
        ...numbers(0, outcome.drawn).map(number => tile(number, false)));
      byID("mistakes").replaceChildren(...outcome.mistakes.map(number => tile(number, true)));
      if (chosen) choose(...chosen);
    }

    async function showOutcome(status) {
      if (!status.outcome) return;
      if (status.outcome !== shownOutcome) {
        const answer = await fetch("/outcome.json", { cache: "no-store" });
        if (answer.status !== 200) return;
        outcome = await answer.json();
        shownOutcome = status.outcome;
        pictures = status.pictures;
        chosen = null;
        byID("cell").hidden = true;
        byID("drawn-note").textContent = count(outcome.drawn) + " of " + count(outcome.samples)
          + " validation photographs, drawn at random: blue where the predicted class is right, red "
          + "where it is wrong. " + count(outcome.correct) + " of all are right. The classifier is "
          + "that of step " + count(outcome.step) + ".";
        byID("mistakes-section").hidden = !outcome.mistakes.length;
        showMatrix();
        showClasses();
        byID("missing").replaceChildren(
          fold(count(outcome.missing_count) + " validation photographs", outcome.missing,
            outcome.missing_count));
        byID("missing-section").hidden = !outcome.missing_count;
        showPictures();
        byID("outcome").hidden = false;
      } else if (status.pictures !== pictures) {
        const before = pictures;
        pictures = status.pictures;
        // Only what waits for them is drawn anew.
        if (before < outcome.photographs.length) showPictures();
      }
    }
    """#
}
