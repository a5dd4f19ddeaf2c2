/// What a path in a manifest may look like.
enum RelativePath {
  /// Whether it consists of names that are neither empty, "." nor "..", has no control characters,
  /// which would garble terminals and lists of labels, and is not too long.
  static func isAcceptable(_ path: String) -> Bool {
    let bytes = path.utf8
    guard bytes.count <= ManifestLimits.pathBytesMax else { return false }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return false }
    let names = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let dot = [UInt8(ascii: ".")]
    return names.allSatisfy {
      !$0.isEmpty && !$0.elementsEqual(dot) && !$0.elementsEqual(dot + dot)
    }
  }

  /// Of a longer path messages have the two ends, so that there is room for what they say of it.
  private static let quotedMax = 200

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .format: scalar == "\u{200c}" || scalar == "\u{200d}"
    case .control, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }

  /// For messages: what isn't seen, and may turn round what is, is replaced by question marks, but for what
  /// joins letters.
  static func quoted(_ path: String) -> String {
    let scalars = path.unicodeScalars.map { scalar in
      isHarmless(scalar) ? scalar : "?"
    }
    let text = String(String.UnicodeScalarView(scalars))
    guard text.count > quotedMax else { return text }
    return "\(text.prefix(quotedMax / 2))...\(text.suffix(quotedMax / 2))"
  }
}
