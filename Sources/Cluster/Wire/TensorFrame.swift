/// The bytes of tensors: elements in order, each little-endian.
///
/// Frames needn't be aligned, as ZeroMQ hands out messages in the middle of a receive buffer. The
/// loops have no early exit, so that they become vector code: a head goes out and comes in a
/// thousand times a second.
public enum TensorFrame {
  /// Writes elements into a frame.
  ///
  /// - Precondition: the frame is four bytes an element long
  public static func write(_ values: Span<Float>, into frame: inout MutableRawSpan) {
    precondition(frame.byteCount == values.count * 4, "a frame as long as its tensor")
    for index in values.indices {
      // unsafe: the precondition.
      unsafe frame.storeBytes(
        of: values[unchecked: index].bitPattern.littleEndian, toUncheckedByteOffset: index * 4,
        as: UInt32.self)
    }
  }

  /// Writes elements into a frame.
  ///
  /// - Precondition: the frame is eight bytes an element long
  public static func write(_ values: Span<Int64>, into frame: inout MutableRawSpan) {
    precondition(frame.byteCount == values.count * 8, "a frame as long as its tensor")
    for index in values.indices {
      // unsafe: the precondition.
      unsafe frame.storeBytes(
        of: values[unchecked: index].littleEndian, toUncheckedByteOffset: index * 8,
        as: Int64.self)
    }
  }

  /// Reads a frame of as many elements as `values` has.
  ///
  /// - Parameter magnitudeMax: the greatest magnitude that a value may have
  /// - Throws: `tensorLength`, `tensorValue` (also for NaN); then `values` hold anything
  public static func read(
    _ frame: RawSpan, into values: inout MutableSpan<Float>,
    magnitudeMax: Float = .greatestFiniteMagnitude
  ) throws(WireError) {
    try requireLength(frame, values.count * 4)
    var areSound = true
    for index in values.indices {
      // unsafe: the frame has four bytes for each index.
      let bits = unsafe frame.unsafeLoadUnaligned(
        fromUncheckedByteOffset: index * 4, as: UInt32.self)
      let value = Float(bitPattern: UInt32(littleEndian: bits))
      areSound = (value.magnitude <= magnitudeMax) && areSound
      unsafe values[unchecked: index] = value
    }
    guard areSound else { throw .tensorValue }
  }

  /// Reads a frame of as many elements as `values` has.
  ///
  /// - Parameter magnitudeBits: each value must be at least −2^bits and below 2^bits; 0 to 63
  /// - Throws: `tensorLength`, `tensorValue`; then `values` hold anything
  public static func read(
    _ frame: RawSpan, into values: inout MutableSpan<Int64>, magnitudeBits: Int = 63
  ) throws(WireError) {
    precondition((0...63).contains(magnitudeBits), "a number of bits beside the sign")
    try requireLength(frame, values.count * 8)
    // A value is within the bound if its bits from `magnitudeBits` up are all the same, that is, if
    // no bit above that place differs from its lower neighbour. Unlike a comparison of 64-bit
    // numbers this is vector code on every x86-64.
    var differences: Int64 = 0
    for index in values.indices {
      // unsafe: the frame has eight bytes for each index.
      let value = Int64(
        littleEndian: unsafe frame.unsafeLoadUnaligned(
          fromUncheckedByteOffset: index * 8, as: Int64.self))
      differences |= value ^ (value &+ value)
      unsafe values[unchecked: index] = value
    }
    guard UInt64(bitPattern: differences) >> (magnitudeBits + 1) == 0 else {
      throw .tensorValue
    }
  }

  /// A frame with these elements.
  public static func bytes(_ values: [Float]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: values.count * 4)
    var span = bytes.mutableSpan
    // unsafe: any bytes make a number.
    var frame = unsafe span.mutableBytes
    write(values.span, into: &frame)
    return bytes
  }

  /// A frame with these elements.
  public static func bytes(_ values: [Int64]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: values.count * 8)
    var span = bytes.mutableSpan
    // unsafe: any bytes make a number.
    var frame = unsafe span.mutableBytes
    write(values.span, into: &frame)
    return bytes
  }

  /// The elements of a frame.
  ///
  /// - Throws: `tensorLength`, `tensorValue`
  public static func floats(
    _ frame: RawSpan, count: Int, magnitudeMax: Float = .greatestFiniteMagnitude
  ) throws(WireError) -> [Float] {
    try requireLength(frame, count * 4)
    var failure: WireError?
    // unsafe: all elements are written, whatever the frame holds.
    let values = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      let all = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      var span = unsafe all.mutableSpan
      do throws(WireError) {
        try read(frame, into: &span, magnitudeMax: magnitudeMax)
      } catch {
        failure = error
      }
      initialized = count
    }
    if let failure { throw failure }
    return values
  }

  /// The elements of a frame.
  ///
  /// - Throws: `tensorLength`, `tensorValue`
  public static func int64s(
    _ frame: RawSpan, count: Int, magnitudeBits: Int = 63
  ) throws(WireError) -> [Int64] {
    try requireLength(frame, count * 8)
    var failure: WireError?
    // unsafe: all elements are written, whatever the frame holds.
    let values = unsafe [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
      let all = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      var span = unsafe all.mutableSpan
      do throws(WireError) {
        try read(frame, into: &span, magnitudeBits: magnitudeBits)
      } catch {
        failure = error
      }
      initialized = count
    }
    if let failure { throw failure }
    return values
  }

  private static func requireLength(_ frame: RawSpan, _ expected: Int) throws(WireError) {
    guard frame.byteCount == expected else {
      throw .tensorLength(byteCount: frame.byteCount, byteCountExpected: expected)
    }
  }
}
