import Catalogue
import CommandLine
import CoordinatorDaemon
import DemoFlowers
import Files
import Glibc
import RunFiles

/// What `--data` and `--backbone` mean: a place in the file system, what the project brings along, or a
/// name of the catalogue. A place that exists comes first.
enum Inputs {
  /// Of the demo's photographs. The run's own seed decides what is learnt from them, not what they
  /// show.
  private static let demoSeed: UInt64 = 1

  /// How to get what isn't on this machine.
  enum Fetching {
    /// It must be here.
    case never
    /// Fetched, through this mirror where there is one.
    case allowed(mirror: String?)
  }

  /// Who is told how far something has come that takes a while.
  struct Observer {
    var progress: (_ what: String, _ share: Double) -> Void = { _, _ in }
    var news: (_ kind: ReportKind, _ text: String) -> Void = { _, _ in }
  }

  /// The folder of photographs; the demo's are painted into the cache where they aren't there yet,
  /// the catalogue's are fetched.
  static func dataFolder(
    _ data: String, _ fetching: Fetching = .never, _ observer: Observer = Observer()
  ) throws -> String {
    if data == RunConfiguration.demo { return try demoFolder(observer) }
    guard !exists(data) else { return data }
    if let entry = Catalogue.standard.photographs(data) {
      return try place(of: entry, fetching, observer)
    }
    let names = Catalogue.standard.entries.filter { $0.isPhotographs }.map(\.name)
    if let near = suggestion(for: data, among: [RunConfiguration.demo] + names) {
      throw CommandLineError(
        .data, "there is no folder '\(printable(data))'", advice: "Did you mean '\(near)'?")
    }
    return data
  }

  /// Throws where the photographs are neither a folder nor a name.
  static func checkData(_ data: String) throws {
    guard data != RunConfiguration.demo, Catalogue.standard.photographs(data) == nil else { return }
    let folder = try dataFolder(data)
    guard !exists(folder) else { return }
    throw CommandLineError(
      .data, "there is no folder '\(printable(data))'",
      advice:
        "'--data' takes a folder with a subfolder of photographs for each class, or a name that 'tl-coord "
        + "fetch' lists.")
  }

  /// Where a run's photographs are now: in the folder that is given, which must be there, or where its
  /// configuration says, whatever has become of that.
  static func photographs(
    of configuration: RunConfiguration, given: String?
  ) throws -> String {
    guard let given else {
      return (try? dataFolder(configuration.data)) ?? configuration.data
    }
    let folder = try dataFolder(given)
    guard isFolder(folder) else {
      throw CommandLineError(
        .data, "there is no folder '\(printable(given))'",
        advice: "'--data' says where the run's photographs are now.")
    }
    return folder
  }

  /// The ONNX file; the catalogue's are fetched.
  static func backbonePath(
    _ backbone: String, _ fetching: Fetching = .never, _ observer: Observer = Observer()
  ) throws -> String {
    if backbone == RunConfiguration.demo { return try demoBackbone() }
    guard !exists(backbone) else { return backbone }
    if let entry = Catalogue.standard.network(backbone) {
      return try place(of: entry, fetching, observer)
    }
    // A name, and no path of a file that isn't there.
    guard !PathNames.hasSeveral(backbone), !backbone.contains(".") else { return backbone }
    let names =
      [RunConfiguration.demo]
      + Catalogue.standard.entries.filter { !$0.isPhotographs }.map(\.name)
    throw CommandLineError(
      .data, "there is no file '\(printable(backbone))', and no network of that name",
      advice: "There are \(names.joined(separator: ", ")), or give the path of an ONNX file.")
  }

  /// What is going to be fetched, or what a name was taken for, where that may surprise.
  static func announcement(data: String, backbone: String?) throws -> [String] {
    var lines: [String] = []
    // In the order in which they are fetched.
    var named = [("--data", data, Catalogue.standard.photographs(data))]
    if let backbone {
      named.insert(("--backbone", backbone, Catalogue.standard.network(backbone)), at: 0)
    }
    for (option, name, entry) in named {
      guard let entry else { continue }
      if exists(name) {
        lines += [
          "\(option) \(name) is what lies here under that name. The catalogue has something else of",
          "that name: 'tl-coord fetch \(name)' says where, for \(option).", "",
        ]
      } else {
        let folder = try fetcher(mirror: nil).folder
        if !folder.holds(entry) { lines += FetchNarration.announcement(entry, folder) + [""] }
      }
    }
    return lines
  }

  /// A failure to fetch one thing, with the other that a start needs where that isn't here either: whoever gets
  /// files by hand wants to go once.
  static func failure(_ error: CommandLineError, needing data: String) -> CommandLineError {
    guard error.exitCode == .unavailable, !exists(data),
      let entry = Catalogue.standard.photographs(data),
      let folder = try? fetcher(mirror: nil).folder, !folder.holds(entry)
    else { return error }
    return CommandLineError(
      error.exitCode, error.message,
      advice: error.advice
        + "\n\(entry.name) isn't here either: 'tl-coord fetch \(entry.name)' gets it, or says where it goes."
    )
  }

  static func fetcher(mirror: String?) throws(CommandLineError) -> Fetcher {
    Fetcher(CatalogueFolder(cache: try cacheFolder()), mirror: mirror)
  }

  private static func place(
    of entry: CatalogueEntry, _ fetching: Fetching, _ observer: Observer
  ) throws -> String {
    guard case .allowed(let mirror) = fetching else {
      let folder = try fetcher(mirror: nil).folder
      if folder.holds(entry) { return folder.place(of: entry) }
      throw CommandLineError(
        .unavailable, "\(entry.name) isn't on this machine",
        advice: "'tl-coord fetch \(entry.name)' gets it.")
    }
    let fetcher = try fetcher(mirror: mirror)
    var narration = FetchNarration(entry)
    // Before where it comes from, which is said of it.
    if !fetcher.folder.holds(entry) { observer.progress(narration.activity, narration.share) }
    do throws(CatalogueError) {
      return try fetcher.fetch(entry) { event in
        if let news = narration.take(event) { observer.news(news.kind, news.text) }
        observer.progress(narration.activity, narration.share)
      }
    } catch {
      throw CommandLineError(error)
    }
  }

  private static func exists(_ path: String) -> Bool {
    // The path is a C string for the length of the call.
    unsafe access(path, F_OK) == 0
  }

  // MARK: The demo

  private static func demoFolder(_ observer: Observer) throws -> String {
    let folder = try cacheFolder()
    do throws(DemoFlowersError) {
      return try DemoFlowers.prepare(in: folder, seed: demoSeed) { done, total in
        observer.progress("painting the demo's flowers", Double(done) / Double(total))
      }
    } catch {
      throw CommandLineError(
        .cannotCreate, error.description,
        advice: "The demo's photographs need 20 MB in the cache; XDG_CACHE_HOME moves it.")
    }
  }

  private static func demoBackbone() throws(CommandLineError) -> String {
    let folder = ownFolder()
    // Beside the executable where it was built, and where `make install` puts it.
    let places = ["\(folder)/tl_tl-coord.resources", "\(folder)/../share/tl"]
    let paths = places.map { "\($0)/demo-mobilenet-v2-0.35.onnx" }
    for path in paths {
      // The path is a C string for the length of the call.
      if unsafe access(path, R_OK) == 0 { return path }
    }
    throw CommandLineError(
      .unavailable,
      "the demo's backbone is not where tl-coord is: \(paths.joined(separator: ", "))",
      advice: "Install tl-coord together with its resources ('make install'), or give "
        + "'--backbone FILE.onnx'.")
  }

  /// `$XDG_CACHE_HOME/tl`, or `~/.cache/tl`.
  private static func cacheFolder() throws(CommandLineError) -> String {
    // The specification has relative paths ignored.
    if let folder = environment["XDG_CACHE_HOME"], PathNames.isAbsolute(folder) {
      return folder + "/tl"
    }
    if let home = environment["HOME"], PathNames.isAbsolute(home) { return home + "/.cache/tl" }
    throw CommandLineError(
      .configuration, "there is no place for a cache: neither XDG_CACHE_HOME nor HOME is set",
      advice: "Set XDG_CACHE_HOME to a folder of yours.")
  }
}

extension CatalogueEntry {
  fileprivate var isPhotographs: Bool {
    if case .photographs = contents { true } else { false }
  }
}

extension CommandLineError {
  init(_ error: CatalogueError) {
    let exitCode: ExitCode =
      switch error.code {
      case .unavailable: .unavailable
      case .data: .data
      case .inputOutput: .inputOutput
      }
    self.init(exitCode, error.message, advice: error.advice)
  }
}
