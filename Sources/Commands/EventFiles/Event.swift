import CEventMessages
import Protobuf
import RunFiles

/// One record of an event file: what TensorBoard is told, and of which step.
struct Event: Equatable {
  enum Content: Equatable {
    /// The first of a file.
    case version
    /// What was told of this step and later ones is void.
    case restart
    case scalar(tag: String, Float)
    case image(tag: String, PNGFile)
  }

  var time: Timestamp
  var step: UInt64
  var content: Content

  /// The record's bytes: length, check of the length, the message, check of the message; little-endian
  /// (tensorflow/core/lib/io/record_writer.h).
  var record: [UInt8] {
    let message = encoded()
    let length = withBytes(UInt64(message.count))
    return length + withBytes(CRC32C.masked(length)) + message + withBytes(CRC32C.masked(message))
  }

  private func withBytes(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private func encoded() -> [UInt8] {
    var builder = MessageBuilder()
    // unsafe, here and below: everything points into the builder, which lives until after `pack`.
    let event = unsafe builder.message(tl__event__event__init)
    unsafe event.pointee.has_wall_time = 1
    unsafe event.pointee.wall_time = Double(time.millisecondsSince1970) / 1000
    unsafe event.pointee.has_step = 1
    unsafe event.pointee.step = Int64(clamping: step)
    switch content {
    case .version:
      unsafe event.pointee.has_file_version = 1
      unsafe event.pointee.file_version = builder.bytes("brain.Event:2")
    case .restart:
      let session = unsafe builder.message(tl__event__session_log__init)
      unsafe session.pointee.has_status = 1
      unsafe session.pointee.status = 1
      unsafe event.pointee.session_log = unsafe session
    case .scalar(let tag, let number):
      let value = unsafe Event.value(tag, &builder)
      unsafe value.pointee.has_simple_value = 1
      unsafe value.pointee.simple_value = number
      unsafe event.pointee.summary = Event.summary(value, &builder)
    case .image(let tag, let file):
      let value = unsafe Event.value(tag, &builder)
      unsafe value.pointee.image = file.build(&builder)
      unsafe event.pointee.summary = Event.summary(value, &builder)
    }
    return unsafe builder.pack(event)
  }

  private static func value(
    _ tag: String, _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Event__Value> {
    let value = unsafe builder.message(tl__event__value__init)
    unsafe value.pointee.has_tag = 1
    unsafe value.pointee.tag = builder.bytes(tag)
    return unsafe value
  }

  private static func summary(
    _ value: UnsafeMutablePointer<Tl__Event__Value>, _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Event__Summary> {
    let summary = unsafe builder.message(tl__event__summary__init)
    let values: [UnsafeMutablePointer<Tl__Event__Value>?] = unsafe [value]
    unsafe summary.pointee.n_value = values.count
    unsafe summary.pointee.value = builder.array(values)
    return unsafe summary
  }
}

/// A picture as a PNG file.
public struct PNGFile: Equatable, Sendable {
  package let bytes: [UInt8]
  package let width: Int32
  package let height: Int32

  /// Nil where it isn't one with red, green and blue of 8 bits.
  public init?(_ bytes: [UInt8]) {
    // The signature, and the header that must follow it (PNG, 5.2 and 11.2.2).
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    guard bytes.count >= 26, bytes.starts(with: signature), bytes[24] == 8, bytes[25] == 2 else {
      return nil
    }
    func number(at offset: Int) -> Int32 {
      bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int32($1) }
    }
    guard bytes[16] < 0x80, bytes[20] < 0x80 else { return nil }
    (width, height) = (number(at: 16), number(at: 20))
    self.bytes = bytes
  }

  fileprivate func build(
    _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Tl__Event__Image> {
    let image = unsafe builder.message(tl__event__image__init)
    unsafe image.pointee.has_height = 1
    unsafe image.pointee.height = height
    unsafe image.pointee.has_width = 1
    unsafe image.pointee.width = width
    unsafe image.pointee.has_colorspace = 1
    unsafe image.pointee.colorspace = 3
    unsafe image.pointee.has_encoded_image_string = 1
    unsafe image.pointee.encoded_image_string = bytes.withUnsafeBytes { unsafe builder.bytes($0) }
    return unsafe image
  }
}
