/// A sample's place in the manifest, from 0.
public typealias SampleIndex = UInt32

/// One seeded augmentation of one sample: what a lease, a set of features and a forward pass name.
public struct SampleVariant: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The sample's place in the manifest.
  public var sample: SampleIndex
  /// Which augmentation; 0 is the plain photograph.
  public var variant: UInt16

  public init(sample: SampleIndex, variant: UInt16) {
    self.sample = sample
    self.variant = variant
  }

  /// By variant first: the order in which an epoch after another needs them.
  public static func < (left: Self, right: Self) -> Bool {
    (left.variant, left.sample) < (right.variant, right.sample)
  }

  public var description: String { "\(sample)/\(variant)" }
}

/// A random 128-bit number drawn at every start of a coordinator. Messages of another incarnation
/// are late and ignored.
public struct Incarnation: Hashable, Sendable, CustomStringConvertible {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// What a worker writes into its envelopes before a coordinator has welcomed it.
  public static let none = Incarnation(high: 0, low: 0)

  /// 32 hexadecimal digits.
  public var description: String { hexadecimal(high) + hexadecimal(low) }
}

/// A worker's membership in one incarnation, given out by `Welcome` and never given out twice. It
/// ends when the worker leaves or is lost; a worker that comes back gets a new one.
public struct Session: Hashable, Sendable, CustomStringConvertible {
  public var number: UInt64

  public init(number: UInt64) { self.number = number }

  /// What a worker writes into its envelopes before a coordinator has welcomed it.
  public static let none = Session(number: 0)

  public var description: String { "session \(number)" }
}

/// A random number that a worker process draws once at its start and keeps across sessions.
public struct WorkerID: Hashable, Sendable, CustomStringConvertible {
  public var number: UInt64

  public init(number: UInt64) { self.number = number }

  /// 16 hexadecimal digits.
  public var description: String { hexadecimal(number) }
}

/// The transport's name for one connection. The shell maps it to what its sockets understand; a
/// new connection of the same process is another peer.
public struct PeerID: Hashable, Sendable, CustomStringConvertible {
  public var number: UInt64

  public init(number: UInt64) { self.number = number }

  public var description: String { "peer \(number)" }
}

/// The name of one share. `number` never repeats within an incarnation, not even when a step is
/// taken again; `step` is the number of steps that the head of this share has behind it.
public struct ShareID: Hashable, Sendable, CustomStringConvertible {
  public var incarnation: Incarnation
  public var step: UInt64
  public var number: UInt64

  public init(incarnation: Incarnation, step: UInt64, number: UInt64) {
    self.incarnation = incarnation
    self.step = step
    self.number = number
  }

  public var description: String { "share \(number) of step \(step)" }
}

/// A moment on a monotonic clock, in nanoseconds since a fixed but arbitrary origin.
public struct Instant: Hashable, Comparable, Sendable {
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

  /// This moment and `nanoseconds` more; the end of time where that would overflow.
  public func advanced(byNanoseconds nanoseconds: UInt64) -> Instant {
    let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
    return Instant(nanoseconds: overflow ? .max : sum)
  }

  /// The nanoseconds from `earlier` to this moment; 0 where `earlier` is later.
  public func nanoseconds(since earlier: Instant) -> UInt64 {
    earlier < self ? nanoseconds - earlier.nanoseconds : 0
  }
}

private func hexadecimal(_ number: UInt64) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
