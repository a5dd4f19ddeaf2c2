extension PageScript {
  /// What goes on, asked for every second.
  static let run = #"""
    let tag = "", shownOutcome = null, answeredAt = null;
    const workersAtFirst = 20;

    function showPhases(status) {
      byID("phases").replaceChildren(...status.phases.map(phase => {
        const made = element("div", null, "phase"), line = element("span"), bar = element("progress");
        const share = phase.total > 0 ? phase.done / phase.total : phase.share;
        bar.max = 1;
        if (share !== null) bar.value = share;
        bar.setAttribute("aria-label", phase.name);
        const done = phase.total > 0
          ? phase.name + ": " + count(phase.done) + " of " + count(phase.total) : phase.name;
        const parts = [];
        if (phase.rate) parts.push(count(Math.round(phase.rate)) + " " + phase.unit);
        if (phase.left !== null) parts.push("about " + duration(phase.left) + " left");
        line.append(element("b", done), element("i", parts.join(", "), "quiet"));
        made.append(line, bar);
        return made;
      }));
    }

    function showFigures(figures) {
      const shown = [
        ["validation accuracy", figures.validation_accuracy, percent],
        ["balanced accuracy", figures.balanced_accuracy, percent],
        ["test accuracy", figures.test_accuracy, percent],
        ["best epoch " + (figures.best_epoch ?? ""), figures.best_accuracy, percent],
        ["training loss", figures.train_loss, value => decimals(value, 4)],
        ["classes", figures.classes, count],
        ["to train on", figures.training, count], ["to validate with", figures.validation, count],
        ["left out", figures.skipped || null, count],
      ];
      byID("figures").replaceChildren(...shown.filter(one => one[1] !== null).map(one => {
        const made = element("div");
        made.append(element("dt", one[0]), element("dd", one[2](one[1])));
        return made;
      }));
    }

    function showCurves(status) {
      const pairs = place => status.curve.map(epoch => [epoch[0], epoch[place]]);
      const bySteps = place => status.curve.map(epoch => [epoch[1], epoch[place]]);
      const last = status.curve.length ? status.curve[status.curve.length - 1] : [1, 1];
      chart(byID("accuracy"), "Accuracy", [
        { name: "validation", kind: "validation", points: pairs(5), dots: true },
        { name: "training", kind: "training", points: pairs(4), dots: true },
      ], [1, Math.max(last[0], 2)], (value, isExact) => isExact ? percent(value)
        : value > 1 + 1e-9 || value < -1e-9 ? "" : Math.round(value * 1000) / 10 + " %", "epoch");
      const steps = status.losses.map(one => one[0]);
      const first = Math.min(...steps, ...status.curve.map(epoch => epoch[1]), last[1]);
      chart(byID("loss"), "Loss", [
        { kind: "steps", points: status.losses },
        { name: "validation", kind: "validation", points: bySteps(3), dots: true },
        { name: "training", kind: "training", points: bySteps(2), dots: true },
      ], [first, Math.max(last[1], ...steps)],
        (value, isExact) => isExact ? decimals(value, 4) : String(Math.round(value * 1000) / 1000),
        "step");
    }

    // Forward passes of each worker a second, by how what it holds has grown within five seconds.
    let heldBefore = [];
    function speeds(workers) {
      const now = performance.now(), found = new Map();
      heldBefore = heldBefore.filter(one => now - one.at < 5000);
      const earliest = heldBefore[0];
      if (earliest && now - earliest.at > 900) for (const one of workers) {
        const earlier = earliest.held.get(one.name);
        if (one.held !== null && Number.isInteger(earlier) && one.held > earlier) {
          found.set(one.name, (one.held - earlier) * 1000 / (now - earliest.at));
        }
      }
      heldBefore.push({ at: now, held: new Map(workers.map(one => [one.name, one.held])) });
      return found;
    }

    function showWorkers(status) {
      const speed = speeds(status.workers);
      const number = value => value === null ? "-" : count(value);
      const isGone = status.workers.every(one => one.state === "gone");
      const isSeen = status.workers.some(one => one.seen !== null);
      const seen = one => one.seen === null ? "-"
        : one.state === "silent" || one.state === "gone" ? duration(one.seen) + " ago" : "now";
      const rows = status.workers.map(one => {
        const row = [one.name, number(one.threads), element("span", one.state, "worker " + one.state)];
        if (isSeen) row.push(seen(one));
        if (!isGone) row.push(speed.has(one.name) ? count(Math.round(speed.get(one.name))) : "-",
          number(one.held), number(one.leases));
        return row;
      });
      const columns = [["worker", false], ["threads", true], ["state", false]];
      if (isSeen) columns.push(["last seen", true]);
      if (!isGone) columns.push(["photographs/s", true], ["samples held", true], ["in hand", true]);
      const more = status.workers_total - rows.length;
      growing("workers", rows, workersAtFirst, some => some.length ? table(columns, some)
        : element("p", "No worker has joined yet.", "quiet"));
      if (more > 0) byID("workers").append(element("p", "and " + count(more) + " more", "quiet"));
    }

    function showTexts(status) {
      const sums = new Set(status.findings.map(one => one.summary));
      const parts = status.warnings.filter(text => !sums.has(text)).reverse()
        .map(text => element("p", text, "notice"));
      for (const one of status.findings) parts.push(fold(one.summary, one.items, one.count));
      if (status.notes.length) parts.push(fold("How the photographs were read", status.notes, 0));
      byID("warnings").replaceChildren(...parts);
      byID("warnings-title").textContent = status.warnings.length ? "Warnings" : "Notes";
      byID("warnings-section").hidden = !parts.length;
      byID("checkpoints").replaceChildren(table(
        [["file", false], ["step", true], ["written", false]],
        status.checkpoints.map(one =>
          [one.file, count(one.step), new Date(one.time).toLocaleString()])));
      byID("checkpoints-section").hidden = !status.checkpoints.length;
    }

    function show(status) {
      const epoch = status.state === "running" && status.epoch < status.epochs
        ? status.epoch + 1 : status.epoch;
      document.title = (status.epochs ? epoch + "/" + status.epochs + " " : "")
        + status.run + " - tl";
      byID("run").textContent = status.run;
      byID("phase").textContent = status.phase;
      byID("phase").className = "state " + status.state;
      const parts = [];
      if (status.epochs) parts.push("epoch " + count(epoch) + " of " + count(status.epochs));
      if (status.elapsed) parts.push(duration(status.elapsed));
      byID("time").textContent = parts.join(", ");
      showPhases(status);
      showFigures(status.figures);
      showWorkers(status);
      byID("head").textContent = status.head ? "SHA-256 of the head: " + status.head : "";
      byID("notice").textContent = status.notice;
      byID("notice").hidden = !status.notice;
    }

    // Long enough for a slow connection; the server itself gives nobody more than 30 s.
    const patience = 25000, pause = 1000, pauseAfterFailure = 5000, pauseMax = 10000, slowAfter = 5000;
    const ask = (path, fields) => fetch(path, {
      headers: fields ?? {}, cache: "no-store", signal: AbortSignal.timeout(patience) });

    // What changes less often than the status, by the names of what is shown.
    const shownParts = { curves: null, texts: null };
    async function showPart(name, identity, draw) {
      if (identity === shownParts[name]) return;
      const answer = await ask("/" + name + ".json");
      if (answer.status !== 200) return;
      draw(await answer.json());
      shownParts[name] = identity;
    }

    let newest = null;
    async function lookOnce() {
      const answer = await ask("/status.json", tag ? { "If-None-Match": tag } : {});
      if (answer.status === 304) return;
      if (answer.status !== 200) throw new Error(await answer.text());
      newest = await answer.json();
      show(newest);
      tellSilence("");
      await showPart("curves", newest.curves, showCurves);
      await showPart("texts", newest.texts, showTexts);
      await showOutcome(newest);
      tag = answer.headers.get("ETag") ?? "";
    }

    function tellSilence(text) {
      byID("silence").textContent = text;
      byID("silence").hidden = !text;
    }

    const since = () => answeredAt ? " since " + answeredAt.toLocaleTimeString() : "";

    // Since when a look is under way; null where none is. There is never more than one.
    let lookingSince = null, hasFailed = false;
    async function look() {
      if (lookingSince !== null) return;
      lookingSince = performance.now();
      try {
        await lookOnce();
        answeredAt = new Date();
        hasFailed = false;
        tellSilence("");
      } catch (error) {
        hasFailed = true;
        const isOver = error.name !== "TimeoutError" && newest
          && (newest.state === "finished" || newest.state === "stopped");
        tellSilence((isOver ? "The run is over, and what served this page has ended. "
          : "No answer" + since() + ": the run's coordinator or its machine is gone, or the network "
            + "between. ")
          + "To see it again: " + (newest ? newest.again : "tl-coord show"));
      }
      lookingSince = null;
    }

    setInterval(() => {
      if (lookingSince !== null && performance.now() - lookingSince > slowAfter && !hasFailed) {
        tellSilence("The connection is slow: waiting for an answer" + since() + ".");
      }
    }, 1000);

    async function follow() {
      const start = performance.now();
      // What nobody sees needs no look.
      if (!document.hidden) await look();
      // A slow connection has time for pictures between two looks.
      const rest = Math.min(Math.max(pause, 2 * (performance.now() - start)), pauseMax);
      setTimeout(follow, hasFailed ? pauseAfterFailure : rest);
    }

    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    // Below all that it calls: the last part of the script is run before its first turn.
    setTimeout(follow, 0);
    """#
}
