import Catalogue
import CommandLine
import Files

/// What fetching something comes to, in words: a line for each piece of news, and how far it has come.
struct FetchNarration {
  struct News {
    let kind: ReportKind
    let text: String
  }

  private let entry: CatalogueEntry
  /// What is going on; it changes with every tenth, so that a pipe gets ten lines and not thousands.
  private(set) var activity = ""
  /// From 0 to 1.
  private(set) var share = 0.0

  init(_ entry: CatalogueEntry) {
    self.entry = entry
    activity = "fetching \(entry.name)"
  }

  /// What to say before anything happens.
  static func announcement(_ entry: CatalogueEntry, _ folder: CatalogueFolder) -> [String] {
    let file = folder.file(entry)
    guard Files.byteCount(ofFile: file) == nil else {
      return ["\(printable(file)) is there: whether it is \(entry.name) is looked at first."]
    }
    let oddities = entry.oddities.isEmpty ? [] : ["Known of it: \(entry.oddities)."]
    return [
      "\(entry.name) isn't on this machine yet: fetching \(byteCount(entry.byteCount)) into "
        + printable(folder.path),
      "Its licence: \(entry.licence).",
    ] + oddities + ["Ctrl-C keeps what has come."]
  }

  /// Takes an event; what is worth a line of its own comes back.
  mutating func take(_ event: FetchEvent) -> News? {
    switch event {
    case .waiting:
      return News(kind: .note, text: "another process fetches \(entry.name); waiting for it")
    case .asking(let address, let start):
      let rest = start > 0 ? ", from \(byteCount(start)) on, which are there" : ""
      return News(kind: .note, text: "from \(address)\(rest)")
    case .received(let count):
      show("fetching \(entry.name)", count)
    case .unpacked(let count):
      show("unpacking \(entry.name)", min(count, entry.byteCount))
    case .continuing(_, let reason):
      return News(kind: .note, text: "\(reason); asking for the rest")
    case .startingAnew:
      return News(
        kind: .warning,
        text:
          "what came isn't \(entry.fileName), probably for a beginning of something else that was "
          + "there: fetching it from the first byte")
    case .failed(let address, let reason):
      return News(kind: .warning, text: "\(address): \(reason)")
    }
    return nil
  }

  private mutating func show(_ what: String, _ count: Int) {
    share = Double(count) / Double(entry.byteCount)
    activity = "\(what), \(count * 10 / entry.byteCount * 10) % of \(byteCount(entry.byteCount))"
  }
}
