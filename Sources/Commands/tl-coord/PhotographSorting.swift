import CommandLine
import Files
import Foundation
import Glibc
import Inspection

/// Photographs in a folder for each class, as `predict --sort-into` has them.
struct PhotographSorting {
  enum Way: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Symbolic links, which take no room and lead to where the photographs are.
    case link
    case copy

    var description: String { rawValue }
  }

  /// Of a file or folder, on all common file systems.
  private static let nameBytesMax = 255

  private let folder: String
  private let way: Way
  private let classes: [String]
  private var newCount = 0
  private var keptCount = 0

  /// Of one name in one folder; more are no accident.
  private static let namesakesMax = 10_000

  /// Of those that are of no class.
  private static let noneName = "none-of-these"

  /// - Parameters:
  ///   - inputs: all that is going to be sorted; none of it may lie in the folder already.
  ///   - hasNone: whether some may be of no class.
  init(
    into folder: String, by way: Way, classes: [String], of inputs: [Classifier.Input],
    hasNone: Bool
  ) throws(CommandLineError) {
    guard !hasNone || !classes.contains(Self.noneName) else {
      throw CommandLineError(
        .data, "'\(Self.noneName)' is a class, and the folder of what is of no class",
        advice: "Sort without '--none-of-these'.")
    }
    self.folder = folder
    self.way = way
    self.classes = classes
    // A checkpoint may come from anywhere; and a slash that an accent follows is one, too.
    for name in classes
    where name.isEmpty || name == "." || name == ".." || name.utf8.contains(UInt8(ascii: "/"))
      || name.utf8.count > Self.nameBytesMax
    {
      throw CommandLineError(.data, "'\(printable(name))' is a class and can't be a folder's name")
    }
    let inside = PhotographSorting.absolute(folder) + "/"
    for input in inputs {
      guard case .file(let path) = input else {
        throw CommandLineError(
          .usage, "'--sort-into' needs photographs that are files, not standard input")
      }
      if PhotographSorting.absolute(path).utf8.starts(with: inside.utf8) {
        throw CommandLineError(
          .usage, "\(printable(path)) is to be sorted and lies in \(printable(folder))",
          advice: "Have '--sort-into' name a folder beside the photographs.")
      }
    }
    // Before anything is classified.
    do throws(SystemError) { try makeFolders(folder) } catch {
      throw Self.failure("no folder can be made at \(printable(folder))", error)
    }
  }

  /// Puts a photograph into its class's folder; one that is there from an earlier time stays.
  ///
  /// - Parameter classIndex: nil where it is of no class.
  mutating func put(_ input: Classifier.Input, _ classIndex: Int?) throws(CommandLineError) {
    guard case .file(let path) = input else { return }
    let target = "\(folder)/\(classIndex.map { classes[$0] } ?? Self.noneName)"
    do throws(SystemError) {
      try makeFolders(target)
      try put(PhotographSorting.absolute(path), into: target)
    } catch {
      throw Self.failure("\(printable(path)) can't be put into \(printable(target))", error)
    }
  }

  /// - Parameter what: ends in the path that it is mostly about.
  private static func failure(_ what: String, _ error: SystemError) -> CommandLineError {
    let path = printable(error.path)
    return CommandLineError(
      .inputOutput,
      what.hasSuffix(" \(path)") ? "\(what): \(error.reason)" : "\(what): \(path): \(error.reason)",
      advice: "Give '--sort-into' a folder that you may write to and that has room.")
  }

  /// What was done, for people.
  var summary: String {
    let kept = keptCount == 0 ? "" : ", \(formatted(keptCount)) more were there"
    let what = counted(newCount, way == .link ? "link" : "copy", way == .link ? "links" : "copies")
    return "\(what) in \(printable(folder))\(kept)"
  }

  private mutating func put(_ path: String, into target: String) throws(SystemError) {
    let name = URL(filePath: path).lastPathComponent
    let stem = (name as NSString).deletingPathExtension
    let ending = (name as NSString).pathExtension
    for number in 1...Self.namesakesMax {
      // Photographs of several folders may have the same name.
      let free = number == 1 ? name : "\(stem)-\(number)" + (ending.isEmpty ? "" : ".\(ending)")
      let place = "\(target)/\(free)"
      // Looks at a link itself, not at where it leads.
      guard (try? FileManager.default.attributesOfItem(atPath: place)) != nil else {
        switch way {
        case .link: try makeLink(place, to: path)
        case .copy: try copyFile(path, to: place)
        }
        newCount += 1
        return
      }
      if isThere(path, at: place) {
        keptCount += 1
        return
      }
    }
    throw SystemError(number: EEXIST, path: "\(target)/\(name)")
  }

  private func isThere(_ path: String, at place: String) -> Bool {
    switch way {
    case .link: (try? FileManager.default.destinationOfSymbolicLink(atPath: place)) == path
    case .copy: FileManager.default.contentsEqual(atPath: path, andPath: place)
    }
  }

  /// Without `..`, and from the root on, so that a link to it leads there from any folder.
  private static func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
  }
}
