import Catalogue
import CommandLine
import Glibc

/// `tl-coord fetch`: brings public photographs and networks onto this machine.
enum FetchCommand {
  static let command = Command(
    "fetch", "get public photographs and networks, for --data and --backbone",
    positional: Positional(
      "NAME", count: 0...16, words: Catalogue.standard.entries.map(\.name),
      "what to get; without a name, what there is and what is here"),
    groups: [OptionGroup("Options", [StartOptions.mirror.declaration])],
    notes: [
      "Nothing is fetched twice, what was begun is gone on with, and every file is compared with the",
      "SHA-256 that tl knows of it. It goes through the proxy that https_proxy and http_proxy name.",
      "'tl-coord start' fetches by itself what it is told to use.",
      "",
      "Examples:",
      "  tl-coord fetch",
      "  tl-coord fetch flowers mobilenet-v2",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let fetcher = try Inputs.fetcher(mirror: settings[StartOptions.mirror])
    guard !settings.arguments.isEmpty else {
      write(list(fetcher.folder, terminal.style).joined(separator: "\n") + "\n", to: STDOUT_FILENO)
      return .success
    }
    let catalogue = Catalogue.standard
    let entries = try settings.arguments.map { name in
      guard let entry = catalogue.entries.first(where: { $0.name == name }) else {
        throw unknown(name, among: catalogue.entries)
      }
      return entry
    }
    for entry in entries { try fetch(entry, fetcher, terminal) }
    return .success
  }

  private static func fetch(
    _ entry: CatalogueEntry, _ fetcher: Fetcher, _ terminal: Terminal
  ) throws {
    if !fetcher.folder.holds(entry) {
      let lines = FetchNarration.announcement(entry, fetcher.folder)
      write(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO)
    }
    let display = FetchDisplay(entry, terminal)
    let place: String
    do throws(CatalogueError) {
      place = try fetcher.fetch(entry) { display.take($0) }
    } catch {
      display.end()
      throw CommandLineError(error)
    }
    display.end()
    write("\(entry.name) is here: \(printable(place))\n", to: STDOUT_FILENO)
  }

  private static func list(_ folder: CatalogueFolder, _ style: TextStyle) -> [String] {
    let rows = Catalogue.standard.entries.map { entry in
      [
        entry.name, folder.holds(entry) ? "yes" : "no", byteCount(entry.byteCount), entry.summary,
      ]
    }
    let details = Catalogue.standard.entries.flatMap { entry in
      ["", "\(style.apply(.bold, entry.name)): \(entry.licence)"]
        + (entry.oddities.isEmpty ? [] : ["  \(entry.oddities)"])
        + entry.addresses.map { "  \($0)" } + ["  SHA-256 \(entry.digest)"]
    }
    return table([["name", "here", "size", "what it is"]] + rows, alignRight: [2], style) + details
      + ["", "They lie in \(printable(folder.path))"]
  }

  private static func unknown(_ name: String, among entries: [CatalogueEntry]) -> CommandLineError {
    let names = entries.map(\.name)
    let near = suggestion(for: name, among: names).map { "Did you mean '\($0)'? " } ?? ""
    return CommandLineError(
      .usage, "the catalogue has no '\(printable(name))'",
      advice: near + "It has \(names.joined(separator: ", ")).")
  }
}

/// Shows how far fetching has come: a bar on a terminal, a line for each tenth elsewhere.
private final class FetchDisplay {
  private var narration: FetchNarration
  private var block = LiveBlock()
  private var lastActivity = ""
  private var lastDrawing: ContinuousClock.Instant?
  private let terminal: Terminal

  private static let drawingInterval = Duration.milliseconds(100)

  init(_ entry: CatalogueEntry, _ terminal: Terminal) {
    narration = FetchNarration(entry)
    self.terminal = terminal
    lastActivity = narration.activity
  }

  func take(_ event: FetchEvent) {
    if let news = narration.take(event) {
      end()
      report(news.kind, news.text, program: CoordinatorProgram.program.name)
    }
    if terminal.isInteractive {
      let isDue = lastDrawing.map { .now - $0 >= Self.drawingInterval } ?? true
      guard isDue else { return }
      lastDrawing = .now
      let line =
        bar(share: narration.share, columns: 30, terminal.style) + "  " + narration.activity
      write(block.redraw([line], terminal.style), to: STDOUT_FILENO)
    } else if narration.activity != lastActivity {
      lastActivity = narration.activity
      write(narration.activity + "\n", to: STDOUT_FILENO)
    }
  }

  /// Nothing is redrawn any more.
  func end() {
    if terminal.isInteractive { write(block.erase(), to: STDOUT_FILENO) }
  }
}
