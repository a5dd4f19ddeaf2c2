import CommandLine
import Files
import RunFiles

/// Whether the photographs that a page shows are where they are looked for.
struct PagePictures {
  private let count: Int
  private let missingCount: Int
  private let folder: String

  /// - Parameters:
  ///   - areThere: of each photograph of the page.
  ///   - folder: where they were looked for.
  init(_ areThere: [Bool], from folder: String) {
    (count, missingCount) = (areThere.count, areThere.count { !$0 })
    self.folder = folder
  }

  /// Says that some are missing. Throws where all are, and a page is there already that has some: it isn't to
  /// be replaced.
  func check(_ page: String, in directory: RunDirectory) throws(CommandLineError) {
    guard missingCount > 0 else { return }
    let advice = "'--data DIR' says where they are now."
    guard missingCount < count || !Self.hasPictures("\(directory.path)/\(page)") else {
      throw CommandLineError(
        .data,
        "none of the photographs that \(page) would show is in \(printable(folder)) any more, so that the "
          + "page stays as it was", advice: advice)
    }
    report(
      .warning,
      "\(page) has no picture of \(formatted(missingCount)) of its \(counted(count, "photograph")), since "
        + "\(missingCount == 1 ? "it isn't" : "they aren't") in \(printable(folder)) any more; \(advice)",
      program: CoordinatorProgram.program.name)
  }

  /// What the page does with its photographs, in words that follow its name.
  var summary: String {
    switch missingCount {
    case 0: "shows them"
    case count: "names them, without a picture of any"
    default:
      "shows them, \(formatted(missingCount)) of \(formatted(count)) without a picture"
    }
  }

  /// Pages hold their pictures themselves.
  private static func hasPictures(_ page: String) -> Bool {
    guard let bytes = try? readFile(page) else { return false }
    return String(decoding: bytes, as: UTF8.self).contains("data:image/")
  }
}
