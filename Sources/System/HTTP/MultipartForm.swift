/// The parts of a form as browsers and `curl -F` send it (multipart/form-data, RFC 7578 and RFC 2046).
public struct MultipartForm: Equatable, Sendable {
  public struct Part: Equatable, Sendable {
    /// Of the field.
    public var name: String?
    /// Nil where the part is no file.
    public var filename: String?
    /// Where its content lies in the body.
    public var content: Range<Int>
  }

  public let parts: [Part]

  /// The longest head of a part; browsers need some hundred bytes.
  private static let headBytesMax = 8 << 10
  /// By RFC 2046.
  private static let boundaryBytes = 1...70

  /// What separates the parts, by a request's `Content-Type`; nil where it isn't such a form.
  public static func boundary(contentType: String) -> String? {
    let fields = contentType.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    guard trimmed(fields[0]).lowercased() == "multipart/form-data" else { return nil }
    let parameters = HeaderParameters(fields.count > 1 ? String(fields[1]) : "")
    guard let boundary = parameters["boundary"], boundaryBytes.contains(boundary.utf8.count) else {
      return nil
    }
    return boundary
  }

  /// - Parameters:
  ///   - boundary: from 1 to 70 bytes.
  ///   - partsMax: with more it is refused.
  public init(
    _ body: [UInt8], boundary: String, partsMax: Int
  ) throws(MultipartError) {
    var reader = Reader(body: body, delimiter: Array("\r\n--\(boundary)".utf8))
    guard try reader.passPreamble() else {
      throw MultipartError("the form doesn't begin with its boundary")
    }
    var parts: [Part] = []
    while try reader.beginsPart() {
      guard parts.count < partsMax else {
        throw MultipartError("the form has more than \(partsMax) parts")
      }
      let head = try reader.head(byteCountMax: Self.headBytesMax)
      parts.append(try reader.part(head, number: parts.count + 1))
    }
    self.parts = parts
  }

  /// A place in the body that moves on.
  private struct Reader {
    let body: [UInt8]
    /// A line break, two dashes and the boundary.
    let delimiter: [UInt8]
    var place = 0

    /// Goes behind the first delimiter, which needs no line before it; false where there is none.
    mutating func passPreamble() throws(MultipartError) -> Bool {
      if starts(with: delimiter[2...], at: 0) {
        place = delimiter.count - 2
        return true
      }
      guard let found = next(delimiter[...]) else { return false }
      place = found + delimiter.count
      return true
    }

    /// Behind a delimiter: goes on to the head of a part; false where the form ends.
    mutating func beginsPart() throws(MultipartError) -> Bool {
      if starts(with: [45, 45], at: place) { return false }
      while place < body.count, [9, 32].contains(body[place]) { place += 1 }
      guard starts(with: [13, 10], at: place) else {
        throw MultipartError(
          place >= body.count
            ? "the form ends before its last boundary"
            : "a boundary of the form doesn't end its line"
        )
      }
      place += 2
      return true
    }

    /// The lines up to the empty one.
    mutating func head(byteCountMax: Int) throws(MultipartError) -> [String] {
      var lines: [String] = []
      let end = min(body.count, place + byteCountMax)
      while let lineEnd = next([13, 10], before: end) {
        defer { place = lineEnd + 2 }
        if lineEnd == place { return lines }
        lines.append(String(decoding: body[place..<lineEnd], as: UTF8.self))
      }
      throw MultipartError(
        end == body.count
          ? "the form ends within the head of a part"
          : "the head of a part has more than \(byteCountMax) bytes")
    }

    /// The part whose content begins here; goes behind the delimiter that ends it.
    mutating func part(_ head: [String], number: Int) throws(MultipartError) -> Part {
      let start = place
      // The line break of an empty part's delimiter may be the one that ended the head.
      guard let end = next(delimiter[...], from: start - 2) else {
        throw MultipartError("part \(number) of the form has no end")
      }
      place = end + delimiter.count
      var part = Part(content: start..<max(start, end))
      for line in head {
        let field = line.split(separator: ":", maxSplits: 1)
        guard field.count == 2, trimmed(field[0]).lowercased() == "content-disposition" else {
          continue
        }
        let words = field[1].split(separator: ";", maxSplits: 1)
        guard words.count == 2, trimmed(words[0]).lowercased() == "form-data" else { continue }
        let parameters = HeaderParameters(String(words[1]))
        part.name = parameters["name"]
        part.filename = parameters["filename"]
      }
      return part
    }

    private func starts(with bytes: ArraySlice<UInt8>, at place: Int) -> Bool {
      place >= 0 && body.count - place >= bytes.count
        && zip(bytes, body[place...]).allSatisfy { $0 == $1 }
    }

    /// Where a sequence that begins with a carriage return is next.
    private func next(
      _ bytes: ArraySlice<UInt8>, from start: Int? = nil, before end: Int? = nil
    ) -> Int? {
      let last = (end ?? body.count) - bytes.count
      var at = start ?? place
      let span = body.span
      while at <= last {
        if span[at] == 13, starts(with: bytes, at: at) { return at }
        at += 1
      }
      return nil
    }
  }
}

/// Why a form can't be read.
public struct MultipartError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// `name=value; name="value"`, as fields of HTTP have it.
struct HeaderParameters {
  private var values: [String: String] = [:]

  /// Of a name in lower case; the first where there are several.
  subscript(name: String) -> String? { values[name] }

  init(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    while !rest.isEmpty {
      let name = rest.prefix { $0 != "=" && $0 != ";" }
      rest = rest.dropFirst(name.count)
      guard rest.first == "=" else {
        rest = rest.dropFirst()
        continue
      }
      rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
      let value = rest.first == "\"" ? Self.quoted(&rest) : Self.plain(&rest)
      let key = trimmed(Self.text(name)[...]).lowercased()
      if values[key] == nil { values[key] = value }
      rest = rest.drop { $0 != ";" }.dropFirst()
    }
  }

  private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private static func plain(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
    let value = rest.prefix { $0 != ";" }
    rest = rest.dropFirst(value.count)
    return trimmed(text(value)[...])
  }

  /// Old browsers name a file with its folders, whose backslashes are no escapes.
  private static func quoted(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
    rest = rest.dropFirst()
    var value = String.UnicodeScalarView()
    while let scalar = rest.popFirst(), scalar != "\"" {
      if scalar == "\\", let next = rest.first, next == "\"" || next == "\\" {
        value.append(next)
        rest = rest.dropFirst()
      } else {
        value.append(scalar)
      }
    }
    return String(value)
  }
}

private func trimmed(_ text: Substring) -> String {
  let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
  let end = text.lastIndex { !isSpace($0) }
  return String(
    text[..<(end.map { text.index(after: $0) } ?? text.startIndex)].drop(while: isSpace))
}
