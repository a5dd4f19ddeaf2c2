import CommandLine
import Files
import Inspection
import Manifest

/// What `predict` was asked to look at: files, folders, and standard input.
struct PredictionInputs {
  private(set) var inputs: [Classifier.Input] = []
  /// Whether all that was named was looked into.
  private(set) var areWhole = true

  /// - Parameter arguments: paths of files and folders, and `-` for standard input.
  init(_ arguments: [String]) throws {
    for argument in arguments {
      if argument == "-" {
        var standardInput = StandardInput()
        while let more = try standardInput.next() { inputs += more }
        areWhole = areWhole && standardInput.isWhole
      } else {
        let found = try PredictionInputs.files(at: argument)
        inputs += found.paths.map(Classifier.Input.file)
        areWhole = areWhole && found.isWhole
      }
    }
  }

  /// Of what is left out, how much is named.
  private static let toldMax = 10

  /// The file itself, or the pictures in a folder and the folders in it; says what is left out.
  static func files(
    at path: String
  ) throws(CommandLineError) -> (paths: [String], isWhole: Bool) {
    guard isFolder(path) else { return ([path], true) }
    let search: PictureSearch
    do throws(ManifestError) {
      search = try PictureSearch(in: path)
    } catch .unreadableFolder(let folder, let number) {
      throw CommandLineError(
        .inputOutput, "can't list the folder \(printable(folder)): \(SystemError.reason(number))",
        advice: "Check the right to read it.")
    } catch {
      throw CommandLineError(.data, error.description)
    }
    for finding in search.findings.prefix(toldMax) {
      report(.warning, finding.description, program: CoordinatorProgram.program.name)
    }
    if search.findings.count > toldMax {
      report(
        .warning,
        "\(formatted(search.findings.count - toldMax)) more in \(printable(path)) are left out",
        program: CoordinatorProgram.program.name)
    }
    guard !search.paths.isEmpty else {
      throw CommandLineError(.data, "there is no photograph in the folder \(printable(path))")
    }
    return (search.paths, search.isWhole)
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
