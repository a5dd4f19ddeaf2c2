/// A column of a table of labels that says of one part whether a photograph belongs to it: `is_valid`
/// with True and False, as fastai and others have it.
struct PartFlag {
  let column: Int
  let part: Part
  private let title: String

  private static let values: [String: Bool] = [
    "true": true, "t": true, "yes": true, "y": true, "1": true, "1.0": true,
    "false": false, "f": false, "no": false, "n": false, "0": false, "0.0": false,
  ]

  /// Of True and False, 1 and 0 and the like; nil for anything else.
  static func value(_ text: String) -> Bool? { values[text.lowercased()] }

  /// Nil where the column's name names no part, or its values are something else. Throws where its name
  /// begins with "is", and a line says neither that it is nor that it isn't.
  init?(
    _ column: Int, _ title: String, _ body: ArraySlice<CommaSeparated.Row>, in file: String
  ) throws(ManifestError) {
    guard let part = Self.part(named: title) else { return nil }
    (self.column, self.part, self.title) = (column, part, title)
    var said: Set<Bool> = []
    for row in body where column < row.fields.count && !row.fields[column].isEmpty {
      if let value = Self.value(row.fields[column]) {
        said.insert(value)
      } else if Self.isQuestion(title) {
        throw .labels(
          file,
          "line \(row.line) has '\(RelativePath.quoted(row.fields[column]))' in the column "
            + "'\(RelativePath.quoted(title))': it must be True or False, or 1 or 0")
      } else {
        return nil
      }
    }
    // Where all are "valid", the word means something else.
    guard said.count == 2 || Self.isQuestion(title) && !said.isEmpty else { return nil }
  }

  private static func isQuestion(_ title: String) -> Bool { title.lowercased().hasPrefix("is") }

  private static func part(named title: String) -> Part? {
    let names = [title, isQuestion(title) ? String(title.dropFirst(2)) : ""].compactMap(
      PartName.init)
    switch names.first(where: { $0.rest.allSatisfy { $0 == "is" } })?.meaning {
    case .training: return .training
    case .validation: return .validation
    case .test: return .test
    case .evaluation, .holdout, .unlabelled, nil: return nil
    }
  }

  /// What photographs of its part do.
  var purpose: String {
    switch part {
    case .training: "is trained on"
    case .validation: "validates"
    case .test: "tests"
    }
  }

  /// What the flags of a line come to; nil where none of them says anything.
  ///
  /// What is not trained on validates or tests, whichever no other column says: with neither it tests, so
  /// that nothing is chosen by it.
  static func part(
    of row: CommaSeparated.Row, _ flags: [PartFlag], in file: String
  ) throws(ManifestError) -> Part? {
    func value(_ flag: PartFlag) -> Bool? {
      flag.column < row.fields.count ? Self.value(row.fields[flag.column]) : nil
    }
    let set = flags.filter { value($0) == true }
    guard Set(set.map(\.part)).count < 2 else {
      throw .labels(
        file,
        "line \(row.line) is of several parts: "
          + set.map { "'\(RelativePath.quoted($0.title))'" }.joined(separator: " and ")
          + " are both true")
    }
    if let first = set.first { return first.part }
    guard flags.contains(where: { $0.part == .training && value($0) == false }) else { return nil }
    let others = Set(flags.map(\.part))
    guard !others.isSuperset(of: [.validation, .test]) else {
      throw .labels(file, "line \(row.line) is of no part: all its columns of parts are false")
    }
    return others.contains(.test) ? .validation : .test
  }
}
