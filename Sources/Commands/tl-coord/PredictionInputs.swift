import CommandLine
import Foundation
import Glibc
import Images
import Inspection

/// What `predict` was asked to look at: files, folders, and standard input.
struct PredictionInputs {
  private(set) var inputs: [Classifier.Input] = []

  /// - Parameter arguments: paths of files and folders, and `-` for standard input.
  init(_ arguments: [String]) throws {
    for argument in arguments {
      if argument == "-" {
        var standardInput = StandardInput()
        while let more = try standardInput.next() { inputs += more }
      } else {
        inputs += try PredictionInputs.files(at: argument).map(Classifier.Input.file)
      }
    }
  }

  /// The file itself, or the pictures in a folder and the folders in it, sorted.
  static func files(at path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      isFolder.boolValue
    else { return [path] }
    let names: [String]
    do { names = try FileManager.default.subpathsOfDirectory(atPath: path) } catch {
      throw CommandLineError(
        .inputOutput, "can't list the folder \(printable(path))",
        advice: "Check the right to read it.")
    }
    let visible = names.filter { !$0.split(separator: "/").contains { $0.hasPrefix(".") } }.sorted()
    // What is called a picture and is none is to be told of, not passed over.
    let pictures = visible.map { "\(path)/\($0)" }
      .filter { hasNameOfPicture($0) || beginsLikePicture($0) }
    guard !pictures.isEmpty else {
      throw CommandLineError(.data, "there is no photograph in the folder \(printable(path))")
    }
    return pictures
  }

  private static func hasNameOfPicture(_ path: String) -> Bool {
    guard let dot = path.lastIndex(of: "."),
      endings.contains(path[path.index(after: dot)...].lowercased())
    else { return false }
    var isFolder: ObjCBool = false
    // A name that isn't UTF-8 came as another one, under which there is nothing: told of as well.
    _ = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return !isFolder.boolValue
  }

  private static let endings: Set = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"]

  private static func beginsLikePicture(_ path: String) -> Bool {
    // The path is a C string for the length of the call.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: ImageFormat.signatureLengthMax)
    // Reads at most the buffer's own length.
    let count = unsafe read(descriptor, &start, start.count)
    return count > 0 && ImageFormat(firstBytes: start.prefix(count)) != nil
  }
}

extension Classifier.Input {
  /// As the answer calls it.
  var name: String {
    switch self {
    case .file(let path): path
    case .picture: "-"
    }
  }
}
