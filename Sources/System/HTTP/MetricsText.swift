/// Figures as Prometheus scrapes them (text format 0.0.4). What isn't known is left out.
public struct MetricsText {
  public static let type = "text/plain; version=0.0.4; charset=utf-8"

  public enum Kind: String { case counter, gauge }

  public struct Sample {
    let labels: [(String, String)]
    let value: Double?

    public init(_ labels: [(String, String)], _ value: Double?) {
      self.labels = labels
      self.value = value
    }
  }

  public private(set) var text = ""

  public init() {}

  public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    let known = samples.filter { $0.value?.isFinite ?? false }
    guard !known.isEmpty else { return }
    begin(name, kind.rawValue, help)
    for sample in known { line(name, sample.labels, sample.value ?? 0) }
  }

  public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
    add(name, kind, help, [Sample([], value)])
  }

  public mutating func add(_ name: String, _ help: String, _ histogram: Histogram) {
    begin(name, "histogram", help)
    var count = 0
    for (bound, further) in zip(Histogram.bounds, histogram.counts) {
      count += further
      line("\(name)_bucket", [("le", Self.number(bound))], Double(count))
    }
    line("\(name)_bucket", [("le", "+Inf")], Double(histogram.count))
    line("\(name)_sum", [], histogram.sum)
    line("\(name)_count", [], Double(histogram.count))
  }

  private mutating func begin(_ name: String, _ kind: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
  }

  private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
    text += "\(name)\(Self.labels(labels)) \(Self.number(value))\n"
  }

  private static func labels(_ labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{\(labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ","))}"
  }

  /// As the format wants the values of labels.
  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    let whole = value.rounded()
    return whole == value && abs(value) < 1e15 ? String(Int(whole)) : "\(value)"
  }
}
