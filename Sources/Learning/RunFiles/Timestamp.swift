import Glibc

/// A moment of the calendar, to the millisecond: for people who read a log, never for deciding.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let millisecondsSince1970: Int64

  /// The years 1970 to 9999.
  private static let range: ClosedRange<Int64> = 0...253_402_300_799_999

  public init(millisecondsSince1970: Int64) {
    self.millisecondsSince1970 = min(
      max(millisecondsSince1970, Self.range.lowerBound), Self.range.upperBound)
  }

  /// By the system's clock, which may be set while we run.
  public static var now: Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      millisecondsSince1970: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.millisecondsSince1970 < right.millisecondsSince1970
  }

  /// As RFC 3339 writes it, in UTC: 2026-11-24T02:16:17.123Z.
  public var description: String {
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    let (year, month, day) = Self.date(days: millisecondsSince1970 / 86_400_000)
    let rest = millisecondsSince1970 % 86_400_000
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
      + "T\(digits(rest / 3_600_000, 2)):\(digits(rest / 60_000 % 60, 2))"
      + ":\(digits(rest / 1000 % 60, 2)).\(digits(rest % 1000, 3))Z"
  }

  /// Reads what `description` wrote, nothing else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 24 else { return nil }
    func number(_ range: Range<Int>) -> Int64 {
      // What isn't a digit shows below, in what the result would be written as.
      bytes[range].reduce(0) { $0 * 10 + Int64($1) - Int64(UInt8(ascii: "0")) }
    }
    let days = Self.days(year: number(0..<4), month: number(5..<7), day: number(8..<10))
    let seconds = (number(11..<13) * 60 + number(14..<16)) * 60 + number(17..<19)
    self.init(
      millisecondsSince1970: days * 86_400_000 + seconds * 1000 + number(20..<23))
    guard description == text else { return nil }
  }

  // The calendar repeats every 400 years of 146,097 days. Years are taken to begin in March, so
  // that the day that is sometimes there is their last; from March on, the months before the n-th
  // have (153n + 2) / 5 days.

  private static let daysInCycle: Int64 = 146_097
  /// From 1 March of the year 0 to 1 January 1970.
  private static let daysTo1970: Int64 = 719_468

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let marchYear = month > 2 ? year : year - 1
    let n = month > 2 ? month - 3 : month + 9
    return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400
      + (153 * n + 2) / 5 + day - 1 - daysTo1970
  }

  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + daysTo1970
    let inCycle = shifted % daysInCycle
    // Taking the leap days off leaves years of 365 days.
    let yearInCycle = (inCycle - inCycle / 1460 + inCycle / 36_524 - inCycle / 146_096) / 365
    let inYear = inCycle - (365 * yearInCycle + yearInCycle / 4 - yearInCycle / 100)
    let n = (5 * inYear + 2) / 153
    let month = n < 10 ? n + 3 : n - 9
    let year = shifted / daysInCycle * 400 + yearInCycle + (month <= 2 ? 1 : 0)
    return (year, month, inYear - (153 * n + 2) / 5 + 1)
  }
}
