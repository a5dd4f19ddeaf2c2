extension PageScript {
  /// What goes on, asked for every second.
  static let run = #"""
    let tag = "", shownOutcome = null, answeredAt = null;

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
      byID("workers").replaceChildren(rows.length ? table(columns, rows)
        : element("p", "No worker has joined yet.", "quiet"));
      if (more > 0) byID("workers").append(element("p", "and " + count(more) + " more", "quiet"));
    }

    let textsBefore = "";
    function showTexts(status) {
      const key = JSON.stringify([status.warnings, status.notes, status.findings, status.checkpoints]);
      // Folds that somebody opened stay open while nothing changes.
      if (key === textsBefore) return;
      textsBefore = key;
      const sums = new Set(status.findings.map(one => one.summary));
      const parts = status.warnings.filter(text => !sums.has(text)).reverse()
        .map(text => element("p", text, "notice"));
      for (const one of status.findings) parts.push(fold(one.summary, one.items, one.count));
      if (status.notes.length) parts.push(fold("What was taken for what", status.notes, 0));
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
      showCurves(status);
      showWorkers(status);
      showTexts(status);
      byID("head").textContent = status.head ? "SHA-256 of the head: " + status.head : "";
      byID("notice").textContent = status.notice;
      byID("notice").hidden = !status.notice;
    }

    let newest = null;
    async function look() {
      try {
        const answer = await fetch("/status.json", {
          headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store",
          signal: AbortSignal.timeout(5000) });
        if (answer.status === 200) {
          newest = await answer.json();
          show(newest);
          await showOutcome(newest);
          tag = answer.headers.get("ETag") ?? "";
        } else if (answer.status !== 304) {
          throw new Error(await answer.text());
        }
        answeredAt = new Date();
        byID("silence").hidden = true;
      } catch (error) {
        const isOver = newest && newest.state === "finished";
        byID("silence").textContent = (isOver
          ? "The run is over and its coordinator has ended. "
          : "No answer" + (answeredAt ? " since " + answeredAt.toLocaleTimeString() : "") + ". ")
          + "To see it again: tl-coord show" + (newest ? " " + newest.run : "");
        byID("silence").hidden = false;
      }
    }

    async function follow() {
      // What nobody sees needs no look.
      if (!document.hidden) await look();
      setTimeout(follow, byID("silence").hidden ? 1000 : 5000);
    }

    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    // Below all that it calls: the last part of the script is run before its first turn.
    setTimeout(follow, 0);
    """#
}
