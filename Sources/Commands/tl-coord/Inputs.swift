import CommandLine
import CoordinatorDaemon
import DemoFlowers
import Glibc
import RunFiles

/// What `--data` and `--backbone` mean: a place in the file system, or what the project brings
/// along.
enum Inputs {
  /// Of the demo's photographs. The run's own seed decides what is learnt from them, not what they
  /// show.
  private static let demoSeed: UInt64 = 1

  /// The folder of photographs; the demo's are painted into the cache where they aren't there yet.
  static func dataFolder(
    _ data: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> String {
    guard data == RunConfiguration.demo else {
      // The path is a C string for the length of the call.
      if unsafe access(data, F_OK) != 0,
        let near = suggestion(for: data, among: [RunConfiguration.demo])
      {
        throw CommandLineError(
          .data, "there is no folder '\(printable(data))'", advice: "Did you mean '\(near)'?")
      }
      return data
    }
    let folder = try cacheFolder()
    do throws(DemoFlowersError) {
      return try DemoFlowers.prepare(
        in: folder, seed: demoSeed, progress: progress)
    } catch {
      throw CommandLineError(
        .cannotCreate, error.description,
        advice: "The demo's photographs need 20 MB in the cache; XDG_CACHE_HOME moves it.")
    }
  }

  /// The ONNX file.
  static func backbonePath(_ backbone: String) throws(CommandLineError) -> String {
    guard backbone == RunConfiguration.demo else { return backbone }
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
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") { return folder + "/tl" }
    if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.cache/tl" }
    throw CommandLineError(
      .configuration, "there is no place for a cache: neither XDG_CACHE_HOME nor HOME is set",
      advice: "Set XDG_CACHE_HOME to a folder of yours.")
  }

  /// The folder that this program lies in.
  private static func ownFolder() -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    // Writes at most the buffer's own length, without a final 0.
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(
      decoding: buffer.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    return String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
  }
}
