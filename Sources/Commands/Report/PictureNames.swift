import CommandLine
import Files

/// The names of pictures that are made of photographs, each used once.
public struct PictureNames {
  private var taken: Set<String> = []

  public init() {}

  /// Names for all that is made of one photograph: the photograph's own without folders and ending, a
  /// hyphen, and what each picture is. Where one is taken, as by a namesake in another folder, all of them
  /// begin with NAME-2, or the next number that leaves them names of their own.
  ///
  /// - Parameters:
  ///   - path: of the photograph.
  ///   - subject: what the first picture is of; any text.
  ///   - others: what the others are; parts of file names, each another.
  /// - Returns: of the first and of the others, in their order, without an ending.
  public mutating func names(
    of path: String, subject: String, others: [String]
  ) -> [String] {
    let whole = PathNames.all(of: path).last.map(String.init) ?? path
    let end = whole.lastIndex(of: ".") ?? whole.endIndex
    let stem = Self.part(end > whole.startIndex ? String(whole[..<end]) : whole)
    let subject = Self.part(subject)
    let pictures = [others.contains(subject) ? "class-\(subject)" : subject] + others
    var number = 1
    while true {
      let names = pictures.map { number == 1 ? "\(stem)-\($0)" : "\(stem)-\(number)-\($0)" }
      if taken.isDisjoint(with: names) {
        taken.formUnion(names)
        return names
      }
      number += 1
    }
  }

  /// A text as a part of a file's name.
  static func part(_ text: String) -> String {
    // A file's name has 255 bytes.
    let cleaned = printable(text).replacing("/", with: "_")
    var short = ""
    for character in cleaned where short.utf8.count + character.utf8.count <= 100 {
      short.append(character)
    }
    return short.isEmpty || short == "-" ? "picture" : short
  }
}
