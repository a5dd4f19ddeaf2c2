import Kernels
import Testing

/// The loops that all int8 sets share, beside what their formulas say.
@Suite struct `Int8 on single values` {
  private static let (rows, width, channels) = (3, 5, 48)
  private static let count = rows * width * channels

  /// Bytes of every value, from a place of the arena on.
  private static func fill(_ arena: Arena, at offset: Int, step: Int) {
    for place in 0..<count {
      arena.fill(
        offset + place..<offset + place + 1, with: UInt8(truncatingIfNeeded: place * step + 7))
    }
  }

  private static func byte(_ arena: Arena, _ place: Int) -> UInt8 {
    var values: [Float] = [0]
    var span = values.mutableSpan
    arena.load(at: place / 4, into: &span, 0..<1)
    return UInt8(truncatingIfNeeded: values[0].bitPattern >> (8 * (place % 4)))
  }

  private static func tensor(at offset: Int) -> PixelRows {
    PixelRows(offset: offset, pixelStride: channels, rowStride: width * channels)
  }

  private static func rounded(_ x: Float) -> UInt8 {
    UInt8(min(max(x > 0 ? x : 0, 0), 255).rounded(.toNearestOrEven))
  }

  /// Rows of 48 channels that end in 16 of 32 and with pixels close together or apart.
  @Test(arguments: [0, 16], InstructionSet.allCases)
  func `a table replaces every byte of the channels`(gap: Int, set: InstructionSet) {
    guard let kernels = KernelTable.forced(set) else { return }
    let stride = Self.channels + gap
    let byteCount = Self.rows * Self.width * stride
    let arena = Arena(byteCount: byteCount)
    for place in 0..<byteCount {
      arena.fill(place..<place + 1, with: UInt8(truncatingIfNeeded: place * 11 + 7))
    }
    // Squares have neither order nor steps that would hide a wrong piece of the table.
    let table = (0..<256).map { UInt8(truncatingIfNeeded: $0 * $0 + $0 / 2) }
    kernels.lookUpInt8(
      arena, rows: Self.rows, width: Self.width, channels: Self.channels,
      y: PixelRows(offset: 0, pixelStride: stride, rowStride: Self.width * stride), table: table)
    for place in 0..<byteCount {
      let before = UInt8(truncatingIfNeeded: place * 11 + 7)
      let isChannel = place % stride < Self.channels
      #expect(
        Self.byte(arena, place) == (isChannel ? table[Int(before)] : before), "\(set) \(place)")
    }
  }

  @Test func `a sum rounds halves to even and ends at 0 and 255`() {
    let arena = Arena(byteCount: 3 * Self.count)
    Self.fill(arena, at: 0, step: 11)
    Self.fill(arena, at: Self.count, step: 29)
    KernelTable.best.combineInt8(
      arena, .add, rows: Self.rows, width: Self.width, channels: Self.channels,
      a: Self.tensor(at: 0), b: Self.tensor(at: Self.count), y: Self.tensor(at: 2 * Self.count),
      parameters: Int8Combination(
        firstZero: 3, firstScale: 1.5, secondZero: 200, secondScale: 0.75, outputZero: 9))
    for place in 0..<Self.count {
      let a = Float(UInt8(truncatingIfNeeded: place * 11 + 7))
      let b = Float(UInt8(truncatingIfNeeded: place * 29 + 7))
      let other = (b - 200) * 0.75 + 9
      #expect(Self.byte(arena, 2 * Self.count + place) == Self.rounded((a - 3) * 1.5 + other))
    }
  }

  @Test func `a product has a factor for each channel, and what is no number gives 0`() {
    let arena = Arena(byteCount: 2 * Self.count + 4 * Self.channels)
    Self.fill(arena, at: 0, step: 11)
    let gates = (0..<Self.channels).map { channel -> Float in
      channel == 5 ? .nan : channel == 6 ? .infinity : Float(channel) / 31 - 0.2
    }
    arena.store(gates.span, at: 2 * Self.count / 4)
    KernelTable.best.combineInt8(
      arena, .multiply, rows: Self.rows, width: Self.width, channels: Self.channels,
      a: Self.tensor(at: 0),
      b: PixelRows(offset: 2 * Self.count, pixelStride: 0, rowStride: 0),
      y: Self.tensor(at: Self.count),
      parameters: Int8Combination(
        firstZero: 20, firstScale: 0.37, secondZero: 0, secondScale: 0, outputZero: 31))
    for place in 0..<Self.count {
      let a = Float(UInt8(truncatingIfNeeded: place * 11 + 7))
      let product = (a - 20) * (gates[place % Self.channels] * 0.37) + 31
      #expect(Self.byte(arena, Self.count + place) == Self.rounded(product))
    }
  }
}
