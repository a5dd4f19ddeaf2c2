import CommandLine
import Foundation

/// The figures of a benchmark, in the order in which they were added.
struct Report {
  enum Figure {
    case text(String)
    case count(Int)
    case number(Double, decimals: Int)
  }

  private var figures: [(name: String, figure: Figure)] = []

  /// - Parameter name: in snake case, with its unit last.
  mutating func add(_ name: String, _ value: String) { figures.append((name, .text(value))) }
  mutating func add(_ name: String, _ value: Int) { figures.append((name, .count(value))) }
  mutating func add(_ name: String, _ value: Double, decimals: Int = 1) {
    figures.append((name, .number(value, decimals: decimals)))
  }

  /// One figure a line, aligned.
  var lines: String {
    let rows = figures.map { name, figure in
      [name.replacing("_", with: " "), Self.shown(figure)]
    }
    return table(rows, alignRight: [1], .plain).joined(separator: "\n")
  }

  /// An object on one line.
  var json: String {
    "{" + figures.map { "\"\($0.name)\": \(Self.encoded($0.figure))" }.joined(separator: ", ") + "}"
  }

  private static func shown(_ figure: Figure) -> String {
    switch figure {
    case .text(let text): text
    case .count(let count): formatted(count)
    case .number(let value, let decimals): formatted(value, decimals: decimals)
    }
  }

  private static func encoded(_ figure: Figure) -> String {
    switch figure {
    case .text(let text):
      (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    case .count(let count): "\(count)"
    case .number(let value, let decimals):
      // Locale-free, without separators; a figure that isn't finite has no JSON form.
      value.isFinite ? String(format: "%.\(decimals)f", value) : "null"
    }
  }
}
