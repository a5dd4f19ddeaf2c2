/// A whole number with separators: 12,345.
public func formatted(_ value: Int) -> String {
  let digits = Array(String(value.magnitude))
  var text = value < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
    text.append(digit)
  }
  return text
}

/// A number with a fixed count of decimals (0 to 9), rounded half away from zero; "-" where it is
/// not finite or too large to matter.
public func formatted(_ value: Double, decimals: Int) -> String {
  precondition((0...9).contains(decimals))
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  guard value.isFinite, value.magnitude < 1e9 else { return "-" }
  let scaled = (value.magnitude * scale).rounded(.toNearestOrAwayFromZero)
  let whole = Int(scaled / scale)
  let rest = Int(scaled) - whole * Int(scale)
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard decimals > 0 else { return sign + String(whole) }
  let digits = String(rest)
  return sign + "\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
}

/// A share as a percentage with one decimal: 84.4 %.
public func percentage(_ share: Double) -> String { "\(formatted(share * 100, decimals: 1)) %" }

/// A time span as people say it: 0.8 s, 42 s, 3 min 05 s, 2 h 10 min.
public func duration(seconds: Double) -> String {
  // 11 days: beyond that nobody waits by the second.
  guard seconds.isFinite, seconds >= 0, seconds < 1e6 else { return "-" }
  if seconds < 9.95 { return "\(formatted(seconds, decimals: 1)) s" }
  let whole = Int(seconds.rounded())
  func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
  return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
}

/// A count of bytes in binary units: 13.4 MiB.
public func byteCount(_ count: Int) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  var value = Double(count)
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  return unit == 0 ? "\(count) bytes" : "\(formatted(value, decimals: 1)) \(units[unit])"
}

/// A count with its noun: 1 worker, 2 workers.
public func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(formatted(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}
