extension PageScript {
  /// What the classifier makes of the validation photographs.
  static let outcome = #"""
    let outcome = null, pictures = 0;
    const classesAtFirst = 40;

    const cellWords = (label, predicted) => label === predicted
      ? outcome.classes[label] + ", recognized"
      : outcome.classes[label] + ", taken for " + outcome.classes[predicted];

    function picture(number, words) {
      const made = element("img");
      made.width = made.height = 192;
      made.loading = "lazy";
      made.alt = words;
      made.addEventListener("error", () => made.replaceWith(element("span", "no longer there", "gone")));
      made.src = "/photographs/" + shownOutcome + "/" + number + ".jpg";
      return made;
    }

    // Each name in the direction of its own letters.
    function pathElement(path) {
      const made = element("small", "");
      path.split("/").forEach((name, place) => made.append(place ? "/" : "", element("bdi", name)));
      return made;
    }

    function tile(number, showsPath) {
      const [label, predicted, certainty, path] = outcome.photographs[number];
      const isRight = label === predicted, words = cellWords(label, predicted);
      const made = element("figure", null, isRight ? "right" : "wrong");
      made.title = path + ": " + words;
      if (number < pictures) {
        made.append(picture(number, words));
      } else {
        const place = element("span", "not read yet", "gone waiting");
        place.dataset.number = number;
        place.title = words;
        made.append(place);
      }
      const caption = element("figcaption"), mark = element("b", isRight ? "✓\u00a0" : "✗\u00a0");
      mark.append(outcome.classes[predicted] + " ", element("i", percent(certainty)));
      caption.append(mark);
      if (!isRight) caption.append(element("span", "is " + outcome.classes[label]));
      if (showsPath) caption.append(pathElement(path));
      made.append(caption);
      return made;
    }

    const numbers = (first, end) => Array.from({ length: end - first }, (_, place) => first + place);

    function choose(label, predicted, samples, button) {
      for (const one of document.querySelectorAll("[aria-pressed=true]")) one.ariaPressed = "false";
      if (button.ariaPressed) button.ariaPressed = "true";
      const found = numbers(0, outcome.photographs.length).filter(number =>
        outcome.photographs[number][0] === label && outcome.photographs[number][1] === predicted);
      byID("cell-title").textContent = cellWords(label, predicted);
      byID("cell-note").textContent = found.length < samples
        ? count(found.length) + " of " + count(samples) + " photographs" : "";
      byID("cell-tiles").replaceChildren(...found.map(number => tile(number, true)));
      byID("cell").hidden = false;
      byID("cell-title").focus({ preventScroll: true });
      byID("cell").scrollIntoView({ block: "nearest" });
    }

    function showClasses() {
      const rows = outcome.classes.map((name, label) => [name, count(outcome.training[label]),
        count(outcome.per_class[label][0]), ...outcome.per_class[label].slice(1).map(percent)]);
      growing("classes", rows, classesAtFirst, some => table([["class", false], ["trained on", true],
        ["validated with", true], ["precision", true], ["recall", true], ["F1", true]], some));
    }

    // The pictures that tiles wait for and that are there now; what is shown already isn't asked for again.
    function fillIn() {
      for (const place of document.querySelectorAll(".waiting")) {
        const number = Number(place.dataset.number);
        if (number < pictures) place.replaceWith(picture(number, place.title));
      }
    }

    function showTiles() {
      byID("drawn").replaceChildren(
        ...numbers(0, outcome.drawn).map(number => tile(number, false)));
      byID("mistakes").replaceChildren(...outcome.mistakes.map(number => tile(number, true)));
    }

    async function showOutcome(status) {
      if (!status.outcome) return;
      if (status.outcome !== shownOutcome) {
        const answer = await ask("/outcome.json");
        if (answer.status !== 200) return;
        outcome = await answer.json();
        shownOutcome = status.outcome;
        pictures = status.pictures;
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
        showTiles();
        byID("outcome").hidden = false;
      } else if (status.pictures !== pictures) {
        pictures = status.pictures;
        fillIn();
      }
    }
    """#
}
