import Foundation
import Testing

/// docs/PROTOCOL.md is what somebody writes a worker from: it has every message, every field, every
/// code, and its numbers are the sources'.
struct ProtocolDocumentTests {
  private let document = Repository.text("docs/PROTOCOL.md") ?? ""
  private let proto = Repository.text("proto/wire.proto") ?? ""

  @Test func `every message has a section that names all its fields`() throws {
    let messages = proto.matches(of: /\nmessage (\w+) \{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}/)
    #expect(messages.count > 20)
    for message in messages {
      let text = try #require(
        section(String(message.1)), "docs/PROTOCOL.md has no section on \(message.1)")
      for field in message.2.matches(of: /(\w+) = (\d+)/) {
        let named = text.split(separator: "\n").map { $0.split(separator: "|") }
          .filter { $0.first?.contains("`\(field.1)`") == true }
        #expect(!named.isEmpty, "docs/PROTOCOL.md says nothing of \(message.1).\(field.1)")
        guard message.1.hasSuffix("Envelope") else { continue }
        #expect(
          named.contains { $0.dropFirst().first?.contains(field.2) == true },
          "\(message.1).\(field.1) has number \(field.2)")
      }
    }
  }

  @Test func `the fields that never change have their numbers`() {
    for fields in [
      "message WorkerEnvelope {\n  fixed64 incarnation_high = 1;\n  fixed64 incarnation_low = 2;\n"
        + "  uint64 session = 3;\n  oneof message {\n    Hello hello = 4;\n",
      "message CoordinatorEnvelope {\n  fixed64 incarnation_high = 1;\n"
        + "  fixed64 incarnation_low = 2;\n  uint64 session = 3;\n  oneof message {\n"
        + "    Welcome welcome = 4;\n    Refuse refuse = 5;\n",
      "message Hello {\n  uint32 protocol_version = 1;\n  fixed64 worker = 2;\n"
        + "  uint64 attempt = 3;\n",
      "message Refuse {\n  uint32 code = 1;\n  bytes reason = 2;\n}",
    ] {
      #expect(proto.contains(fields), "other versions could not be told that they are others")
    }
  }

  @Test func `every code of a refusal and every outcome is told`() throws {
    let file = "Sources/Cluster/ClusterCore/Messages/CoordinatorMessages.swift"
    let source = try #require(Repository.text(file))
    let parts = source.split(separator: "public enum Outcome")
    let codes = parts[0].matches(of: /\n    case (\w+) = (\d+)/)
    #expect(codes.count == 8)
    for code in codes {
      #expect(document.contains("\n| \(code.2) | `\(code.1)` |"), "code \(code.2), \(code.1)")
    }
    let outcomes = parts[1].matches(of: /\n    case (\w+) = (\d+)/)
    #expect(outcomes.count == 3)
    for outcome in outcomes { #expect(document.contains("\(outcome.2) `\(outcome.1)`")) }
  }

  @Test func `every limit is the constant that it names`() throws {
    let rows = try #require(section("Limits")).matches(
      of: /\n\| `(\w+)\.(\w+)` \| ([^|]+) \|/)
    #expect(rows.count > 40)
    for row in rows {
      let name = "\(row.1).\(row.2)"
      let value = try #require(
        constant(of: String(row.1), String(row.2)), "the sources have no \(name)")
      #expect(told(row.3, of: row.2) == value, "docs/PROTOCOL.md says \(row.3) of \(name)")
    }
  }

  /// The text below a heading of this name, to the next heading.
  private func section(_ name: String) -> Substring? {
    guard let heading = document.firstRange(of: try! Regex("\n##+ \(name)\n")) else { return nil }
    let rest = document[heading.upperBound...]
    return document[
      document.index(
        before: heading.upperBound)..<(rest.firstRange(of: "\n#")?.lowerBound
        ?? rest.endIndex)]
  }

  /// What a cell says, in the unit of a constant of this name: `64 KiB`, `1,024`, `0.2 s`, `2^16`.
  private func told(_ cell: Substring, of name: Substring) -> Double? {
    let words = cell.replacing(",", with: "").split(separator: " ")
    guard let first = words.first else { return nil }
    let powers = first.split(separator: "^").compactMap { Double($0) }
    guard let base = powers.first else { return nil }
    let number = powers.count == 2 ? pow(base, powers[1]) : base
    switch words.count > 1 ? words[1] : "" {
    case "": return number
    case "KiB": return number * 0x1p10
    case "MiB": return number * 0x1p20
    case "GiB": return number * 0x1p30
    case "TiB": return number * 0x1p40
    case "s":
      if name.contains("Nanoseconds") { return (number * 1e9).rounded() }
      return name.contains("Milliseconds") ? number * 1e3 : number
    default: return nil
    }
  }

  /// The value of a stored property with a plain initial value: a number, or two with `<<` between.
  private func constant(of type: String, _ name: String) -> Double? {
    let declaration = try! Regex(
      #"(?:let|var) \#(name)(?:: \w+)? = ([0-9][\w.]*)(?: << ([0-9]+))?\n"#,
      as: (Substring, Substring, Substring?).self)
    let owner = try! Regex(#"(?:struct|enum|class|extension) \#(type)\b"#)
    for file in Repository.files(below: "Sources/", endings: [".swift"]) {
      guard let text = Repository.text(file), let start = text.firstRange(of: owner)?.upperBound,
        let found = text[start...].firstMatch(of: declaration),
        let number = Double(found.output.1.replacing("_", with: ""))
      else { continue }
      return found.output.2.flatMap { Double($0) }.map { number * pow(2, $0) } ?? number
    }
    return nil
  }
}
