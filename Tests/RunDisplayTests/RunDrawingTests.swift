import CommandLine
import Monitoring
import RunDisplay
import Testing

struct RunDrawingTests {
  let plain = TextStyle(columns: 80, colour: false, unicode: false)
  let colourful = TextStyle(columns: 80, colour: true, unicode: true)

  var training: RunView {
    var view = RunView(name: "flowers-1", phase: .running)
    (view.step, view.stepsTotal, view.epochsTotal) = (34, 204, 12)
    (view.featuresKept, view.featuresTotal) = (368, 736)
    (view.imagesPerSecond, view.stepsPerSecond) = (92, 10)
    view.elapsedSeconds = 4.2
    for step in 0..<34 { view.add(stepLoss: 1.6 - Double(step) / 34, step: step + 1) }
    view.epochs = [
      RunView.Epoch(
        number: 1, step: 1, trainLoss: 1.2, trainAccuracy: 0.5, validationLoss: 1.1,
        validationAccuracy: 0.7, validationBalancedAccuracy: 0.68),
      RunView.Epoch(
        number: 2, step: 1, trainLoss: 0.9, trainAccuracy: 0.6, validationLoss: 1.0,
        validationAccuracy: 0.65, validationBalancedAccuracy: 0.6),
    ]
    view.workers = [
      RunView.Worker(name: "a", threads: 4, state: "serving", leases: 8, held: 200),
      RunView.Worker(name: "b", threads: 2, state: "lost"),
    ]
    return view
  }

  @Test func `a running run shows its bars, figures and what is left`() {
    let lines = training.progressLines(plain)
    #expect(lines[0] == "flowers-1 - epoch 3 of 12 - training - 4.2 s - about 4.0 s left")
    #expect(lines[1].hasPrefix("  features  ") && lines[1].contains("368 of 736, 92 images/s"))
    #expect(lines[2].hasPrefix("  steps     ") && lines[2].contains("34 of 204, 10.0 steps/s"))
    #expect(lines[3].hasPrefix("  loss      0.6294"))
    #expect(lines[4].contains("65.0 % (balanced 60.0 %), best 70.0 %"))
    #expect(lines[5] == "  workers   1 worker, 4 threads")
    #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 < 128 } })
  }

  @Test func `an epoch's line has the training and validation figures`() {
    let view = training
    let wide = TextStyle(columns: 120, colour: false, unicode: false)
    #expect(
      view.epochLine(view.epochs[1], wide)
        == "epoch  2/12  training 60.0 % (loss 0.9000)"
        + "  validation 65.0 % (balanced 60.0 %, loss 1.0000)")
    #expect(
      view.epochLine(view.epochs[0], wide).hasSuffix(
        "(balanced 68.0 %, loss 1.1000)  best so far"))
  }

  @Test(arguments: 50...140)
  func `an epoch's line fits the terminal and keeps the accuracies`(_ columns: Int) {
    let view = training
    let style = TextStyle(columns: columns, colour: false, unicode: false)
    for epoch in view.epochs {
      let line = view.epochLine(epoch, style)
      #expect(columnCount(of: line) < columns)
      #expect(line.contains("training \(percentage(epoch.trainAccuracy))"))
      #expect(line.contains("validation \(percentage(epoch.validationAccuracy))"))
    }
  }

  @Test(arguments: [10, 24, 50, 200], [20, 40, 80, 250])
  func `monitor fits the terminal`(_ rows: Int, _ columns: Int) {
    for (colour, unicode) in [(false, false), (true, true)] {
      let style = TextStyle(columns: columns, colour: colour, unicode: unicode)
      var block = LiveBlock()
      let text = block.redraw(training.monitorLines(style, rows: rows), style)
      for line in text.split(separator: "\n") {
        #expect(columnCount(of: String(line)) < columns)
      }
    }
  }

  @Test func `monitor shows curves and workers`() {
    let lines = training.monitorLines(plain, rows: 40)
    #expect(lines.contains("training loss") && lines.contains("validation accuracy"))
    #expect(lines.contains("worker  threads  state    samples  in hand"))
    #expect(lines.contains("a             4  serving      200        8"))
  }

  @Test func `monitor shows when each worker was last heard of, and who is silent`() {
    var view = training
    view.workers = [
      RunView.Worker(
        name: "a", threads: 4, state: "serving", leases: 8, held: 200, silentSeconds: 0.9),
      RunView.Worker(
        name: "b", threads: 2, state: "serving", leases: 3, held: 90, silentSeconds: 3.21),
      RunView.Worker(name: "c", threads: 2, state: "gone", silentSeconds: 75),
      RunView.Worker(name: "d", threads: 2, state: "gone"),
    ]
    let lines = view.monitorLines(plain, rows: 60)
    let place = lines.firstIndex(of: "worker  threads  state         last seen  samples  in hand")
    #expect(
      place.map { Array(lines[($0 + 1)...]) } == [
        "b             2  silent        3.2 s ago       90        3",
        "a             4  serving             now      200        8",
        "c             2  gone     1 min 15 s ago        -        -",
        "d             2  gone                  -        -        -",
      ], "\(lines)")
    #expect(lines.contains("  workers   2 workers, 6 threads, 1 silent"))
    let coloured = view.monitorLines(colourful, rows: 60)
    #expect(coloured.contains { $0.hasPrefix("\u{1B}[33mb ") && $0.contains("silent") })
  }

  @Test(arguments: [50, 80, 200])
  func `the table of workers fits the terminal whole, and keeps who is silent`(_ columns: Int) {
    var view = RunView(name: "x", phase: .running)
    let name = "a-machine-with-a-very-long-name.somewhere.example.org-12345"
    view.workers = (0..<200).map {
      RunView.Worker(
        name: "\($0)-\(name)", threads: 64, state: "serving", leases: 8, held: 1_234_567,
        silentSeconds: $0 == 150 ? 4.9 : 0.5)
    }
    let style = TextStyle(columns: columns, colour: false, unicode: false)
    let lines = view.monitorLines(style, rows: 40).drop { !$0.hasPrefix("worker ") }
    #expect(lines.count > 5)
    #expect(lines.allSatisfy { columnCount(of: $0) < columns }, "\(lines)")
    let first = lines.dropFirst().first ?? ""
    #expect(first.hasPrefix("150-") && first.contains("silent") && first.contains("4.9 s ago"))
    #expect(first.contains("12345") && lines.last == "and 190 more")
  }

  @Test func `every phase is told in words`() {
    var view = RunView(name: "x", phase: .notStarted)
    #expect(view.progressLines(plain) == ["x - not started"])
    view.phase = .preparing("reading the photographs")
    view.preparedShare = 0.5
    #expect(view.progressLines(plain)[0] == "x - reading the photographs")
    #expect(view.progressLines(plain)[1].contains("50.0 %"))
    view.phase = .stopped("interrupted")
    #expect(view.progressLines(plain)[0] == "x - stopped: interrupted")
    view = training
    view.step = 0
    #expect(view.phaseText == "computing features")
    view.phase = .waitingForWorkers
    #expect(view.phaseText == "waiting for workers")
    #expect(view.secondsRemaining == nil)
  }

  @Test func `hostile values draw something harmless`() {
    var view = RunView(name: "\u{1B}[2Jx\n", phase: .running)
    (view.step, view.stepsTotal, view.featuresKept, view.featuresTotal) = (9, 3, 9, 3)
    (view.imagesPerSecond, view.stepsPerSecond, view.elapsedSeconds) = (.nan, .infinity, -.infinity)
    let greatest = Double.greatestFiniteMagnitude
    for value in [Double.nan, .infinity, -greatest, greatest, greatest] {
      view.add(stepLoss: value, step: 1)
    }
    view.epochs = [
      RunView.Epoch(
        number: -3, step: 1, trainLoss: .nan, trainAccuracy: .infinity, validationLoss: .nan,
        validationAccuracy: .nan)
    ]
    for style in [plain, colourful] {
      let lines = view.monitorLines(style, rows: 24)
      #expect(!lines.joined().contains("\u{1B}[2J"))
      #expect(!view.epochLine(view.epochs[0], style).isEmpty)
    }
  }

  @Test func `a line for a pipe has the phase, how far it is and what is left`() {
    var view = RunView(name: "x", phase: .preparing("reading"))
    view.preparedShare = 0.5
    #expect(view.plainLine == "x: reading (50.0 %)")
    view.phase = .running
    (view.featuresKept, view.featuresTotal, view.imagesPerSecond) = (100, 400, 50)
    (view.stepsTotal, view.epochsTotal) = (200, 2)
    #expect(
      view.plainLine
        == "x: computing features, 100 of 400 photographs, 50 images/s, about 6.0 s left")
    (view.featuresKept, view.step, view.stepsPerSecond) = (400, 50, 10)
    #expect(
      view.plainLine.hasPrefix("x: training, epoch 1 of 2, step 50 of 200, 10.0 steps/s, about 15"))
    view.phase = .silent
    #expect(!view.plainLine.contains("left") && !view.plainLine.contains("steps/s"))
    let epoch = RunView.Epoch(
      number: 1, step: 100, trainLoss: .nan, trainAccuracy: .nan, validationLoss: .nan,
      validationAccuracy: 0.5, validationBalancedAccuracy: 0.5)
    #expect(view.epochLine(epoch, .plain.withoutEnd) == "epoch 1/2  validation 50.0 %")
  }

  @Test func `losses and warnings are bounded`() {
    var view = RunView(name: "x", phase: .running)
    for index in 0..<10_000 {
      view.add(stepLoss: Double(index), step: index)
      view.add(warning: "\(index)")
    }
    // Of ten thousand four by four are one: the first is still there, and so is the newest.
    #expect(view.stepLosses.count == 2_500 && view.stepLosses.count <= RunView.stepLossesMax)
    #expect(view.stepLosses.first == 1.5 && view.stepLosses.last == 9997.5)
    #expect(view.newestLoss == 9999 && view.losses.last?.step == 9999)
    #expect(view.warnings.count == RunView.warningsMax && view.warnings.last == "9999")
  }
}
