import Digest
import Store
import Synchronization
import TestSupport

/// Rows whose every value follows from the number of their key, so that any wrong one is noticed.
enum Rows {
  static let featureCount = 64

  static func key(_ number: Int) -> FeatureKey {
    FeatureKey(
      backbone: .sha256(Array("backbone".utf8)), preprocessing: "1 crop",
      sample: .sha256(Array("sample \(number)".utf8)), variant: 0)
  }

  static func features(_ number: Int) -> [Float] {
    (0..<featureCount).map { Float(number) + Float($0) / 64 }
  }

  static func keys(_ range: Range<Int>) -> [FeatureKey] { range.map(key) }

  /// Which of the rows a store has; those that it has must be right.
  static func found(_ store: FeatureStore, _ range: Range<Int>) -> (found: [Int], wrong: [Int]) {
    let rows = store.rows(keys(range), featureCount: featureCount)
    var found: [Int] = []
    var wrong: [Int] = []
    for (number, row) in zip(range, rows) {
      guard let row else { continue }
      found.append(number)
      if row.features != features(number) { wrong.append(number) }
    }
    return (found, wrong)
  }
}

/// What a store warned of.
final class Warnings: Sendable {
  private let texts = Mutex<[String]>([])

  var all: [String] { texts.withLock { $0 } }

  var warn: @Sendable (String) -> Void {
    { text in self.texts.withLock { $0.append(text) } }
  }
}
