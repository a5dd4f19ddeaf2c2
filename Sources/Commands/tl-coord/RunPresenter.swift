import CommandLine
import Glibc
import Monitoring
import RunDisplay
import RunFiles

/// Writes to stdout what a run has to tell, in one of the styles of `--progress`.
struct RunPresenter: Sendable {
  enum Mode: Sendable {
    /// Lines that stay, and below them a block that is redrawn.
    case live
    case plain
    /// The lines of the progress log.
    case json
    case none
  }

  private let mode: Mode
  /// Whether what is written is for who started the run alone.
  private let tellsSecrets: Bool
  private var narrator: RunNarrator
  private var block = LiveBlock()
  private var lastDrawing: ContinuousClock.Instant?
  /// When lines last told how far the run is.
  private var toldAt = ContinuousClock.now

  private static let drawingInterval = Duration.milliseconds(100)

  init(
    _ style: ProgressStyle, _ directory: RunDirectory, localWorkers: Int, _ terminal: Terminal,
    isResumed: Bool
  ) {
    mode =
      switch style {
      case .auto: terminal.isInteractive ? .live : .plain
      case .plain: .plain
      case .json: .json
      case .none: .none
      }
    tellsSecrets = !isReadByOthers(STDOUT_FILENO, environment)
    let style = mode == .live ? terminal.style : terminal.style.withoutEnd
    // What can't be read is missing in the account of the whole, no more.
    var log = ProgressReader(path: directory.progressPath)
    let before = isResumed ? (try? log.next()) ?? [] : []
    narrator = RunNarrator(
      run: directory.name, localWorkers: localWorkers, style: style, before: before)
  }

  mutating func present(_ event: RunEvent) {
    let event = tellsSecrets ? event : event.withoutSecrets
    switch mode {
    case .none: return
    case .json:
      if case .logged(let line) = event {
        write(String(decoding: line.encoded(), as: UTF8.self), to: STDOUT_FILENO)
      }
    case .plain:
      let phase = narrator.view.phase
      var lines = narrator.tell(event).lines
      // The bar's place is taken by a line when something begins, and by one every few seconds.
      if narrator.view.phase != phase, case .preparing(let what) = narrator.view.phase {
        lines.append(what)
      }
      show(lines.isEmpty ? dueLine() : lines)
    case .live:
      let narration = narrator.tell(event)
      let isDue = lastDrawing.map { .now - $0 >= RunPresenter.drawingInterval } ?? true
      guard !narration.lines.isEmpty || isDue else { return }
      draw(below: narration.lines)
    }
  }

  mutating func prepare(_ what: String, share: Double) {
    let phase = narrator.view.phase
    narrator.prepare(what, share: share)
    switch mode {
    case .none, .json: return
    case .plain: show(narrator.view.phase != phase ? [what] : dueLine())
    case .live:
      let isDue = lastDrawing.map { .now - $0 >= RunPresenter.drawingInterval } ?? true
      if isDue { draw(below: []) }
    }
  }

  /// Lines that belong to no event; nothing where only a program reads.
  mutating func say(_ lines: [String]) {
    switch mode {
    case .none, .json: return
    case .plain: show(lines)
    case .live: draw(below: lines)
    }
  }

  /// Says where the run's page is, where only a program reads stdout on stderr.
  mutating func announce(_ page: PageServer, of run: String) {
    let style = Terminal.standardOutput(environment).style
    switch mode {
    case .json, .none:
      let isForStarter = !isReadByOthers(STDERR_FILENO, environment)
      let lines = ShowCommand.announcement(page, of: run, .plain, tellsSecrets: isForStarter)
      report(.note, lines.joined(separator: "\n"), program: CoordinatorProgram.program.name)
    case .plain, .live:
      say(ShowCommand.announcement(page, of: run, style, tellsSecrets: tellsSecrets))
    }
  }

  /// The end of the run: nothing is redrawn any more.
  mutating func end() {
    if mode == .live { write(block.erase(), to: STDOUT_FILENO) }
  }

  private mutating func draw(below lines: [String]) {
    var text = block.erase()
    for line in lines { text += line + "\n" }
    // The view of a finished run would only repeat the last lines.
    if narrator.view.phase != .finished {
      let style = Terminal.standardOutput(environment).style
      text += block.redraw(narrator.view.progressLines(style), style)
    }
    write(text, to: STDOUT_FILENO)
    lastDrawing = .now
  }

  private mutating func show(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    toldAt = .now
    write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
  }

  /// How far the run is, where nothing was told for as long as people wait without asking.
  private func dueLine() -> [String] {
    switch narrator.view.phase {
    case .preparing, .running, .waitingForWorkers:
      .now - toldAt >= MonitorCommand.plainInterval ? [narrator.view.plainLine] : []
    case .notStarted, .finished, .stopped, .silent: []
    }
  }
}
