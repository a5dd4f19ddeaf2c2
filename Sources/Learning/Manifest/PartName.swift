/// What the name of a folder says of its part in a split dataset: `train`, `Training Data`,
/// `seg_train`, `valset`, `test1` and so on. A name alone decides nothing: a class may be called
/// `train` too.
package struct PartName: Equatable, Sendable {
  package enum Meaning: Equatable, Sendable {
    case training, validation, test
    /// Validation, or test where something else validates.
    case evaluation
    /// Test, or validation where something else tests.
    case holdout
    /// Photographs to be classified, without labels.
    case unlabelled
  }

  package let meaning: Meaning
  /// The words that are neither of a part nor of every folder of photographs: "seg" of "seg_train".
  /// The folders of a split dataset have the same, or none.
  let rest: [String]

  /// Nil where it says nothing, or several things.
  package init?(_ name: String) {
    var words = Self.split(name)
    // "hold-out", "train_val": two words that are one.
    for (pair, word) in [(["hold", "out"], "holdout"), (["train", "val"], "trainval")] {
      for place in words.indices.dropLast()
      where Array(words[place...place + 1]) == pair {
        words.replaceSubrange(place...place + 1, with: [word])
        break
      }
    }
    var meanings: [Meaning] = []
    var rest: [String] = []
    for word in words {
      if let meaning = Self.meaning(of: word) {
        if !meanings.contains(meaning) { meanings.append(meaning) }
      } else if !PartWords.fillers.contains(word) {
        rest.append(word)
      }
    }
    guard meanings.count == 1 else { return nil }
    meaning = meanings[0]
    self.rest = rest
  }

  /// Also of words that are written in one: "trainset", "testdata".
  private static func meaning(of word: String) -> Meaning? {
    if let meaning = PartWords.meanings[word] { return meaning }
    for filler in PartWords.fillers where word.hasSuffix(filler) {
      if let meaning = PartWords.meanings[String(word.dropLast(filler.count))] { return meaning }
    }
    return nil
  }

  /// In lower case; words end at whatever is no letter and before a capital that follows a small
  /// letter. Single letters and digits count for nothing.
  static func split(_ name: String) -> [String] {
    var words: [String] = [""]
    var wasSmall = false
    for character in name {
      guard character.isLetter else {
        words.append("")
        wasSmall = false
        continue
      }
      if character.isUppercase, wasSmall { words.append("") }
      wasSmall = character.isLowercase
      words[words.count - 1] += character.lowercased()
    }
    return words.filter { $0.count > 1 }
  }
}

extension PartName {
  /// What each of these folders, side by side, is for, judged by the names alone. Nil for those that
  /// name no part, or are not named like the others.
  package static func meanings(of names: [String]) -> [Meaning?] {
    let parsed = names.map(PartName.init)
    let rests = Set(parsed.compactMap { $0?.rest }.filter { !$0.isEmpty })
    let meanings = parsed.map { name -> Meaning? in
      guard let name, name.rest.isEmpty || rests.count == 1 else { return nil }
      return name.meaning
    }
    return meanings.map { meaning in
      switch meaning {
      case .evaluation: meanings.contains(.validation) ? .test : .validation
      case .holdout: meanings.contains(.test) ? .validation : .test
      default: meaning
      }
    }
  }
}
