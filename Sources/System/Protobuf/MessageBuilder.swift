import CProtobufC

/// The memory of one message in the making: gives out C structs, strings and arrays that point at
/// one another, packs the whole, and frees everything at its end.
///
/// What it gives out is valid as long as the builder is.
@safe public struct MessageBuilder: ~Copyable {
  private var slabs: [UnsafeMutableRawPointer] = unsafe []
  private var next: UnsafeMutableRawPointer?
  private var remaining = 0

  /// A control message fits in one slab.
  private static let slabByteCount = 4096
  private static let alignment = 16

  public init() {}

  deinit {
    // unsafe: the slabs belong to this builder alone.
    for index in unsafe slabs.indices { unsafe slabs[index].deallocate() }
  }

  private mutating func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let needed = (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
    if unsafe next == nil || needed > remaining {
      let slabByteCount = max(needed, Self.slabByteCount)
      let slab = UnsafeMutableRawPointer.allocate(
        byteCount: slabByteCount, alignment: Self.alignment)
      unsafe slabs.append(slab)
      unsafe next = unsafe slab
      remaining = slabByteCount
    }
    // unsafe: `next` isn't nil here, and `needed` bytes follow it.
    let block = unsafe next!
    unsafe next = unsafe block + needed
    remaining -= needed
    return unsafe block
  }

  /// A message with every field at its default.
  ///
  /// - Parameter initialize: the generated `…__init`
  @unsafe public mutating func message<Message>(
    _ initialize: (UnsafeMutablePointer<Message>?) -> Void
  ) -> UnsafeMutablePointer<Message> {
    let message = unsafe allocate(byteCount: MemoryLayout<Message>.size)
      .bindMemory(to: Message.self, capacity: 1)
    unsafe initialize(message)
    return unsafe message
  }

  /// A message with the fields of `fields`, whose `base` may be anything.
  ///
  /// With the memberwise initializer of `Message` the compiler sees to it that no field is
  /// forgotten.
  ///
  /// - Parameter initialize: the generated `…__init`
  @unsafe public mutating func message<Message>(
    _ fields: Message, _ initialize: (UnsafeMutablePointer<Message>?) -> Void
  ) -> UnsafeMutablePointer<Message> {
    let message = unsafe message(initialize)
    // unsafe: every generated message begins with its ProtobufCMessage.
    let base = unsafe UnsafeMutableRawPointer(message)
      .assumingMemoryBound(to: ProtobufCMessage.self)
    let initialized = unsafe base.pointee
    unsafe message.pointee = fields
    unsafe base.pointee = unsafe initialized
    return unsafe message
  }

  /// A copy of text as a bytes field.
  @unsafe public mutating func bytes(_ text: String) -> ProtobufCBinaryData {
    var text = text
    return text.withUTF8 { unsafe bytes(UnsafeRawBufferPointer($0)) }
  }

  /// A copy of bytes as a bytes field.
  @unsafe public mutating func bytes(_ source: UnsafeRawBufferPointer) -> ProtobufCBinaryData {
    let copy = unsafe allocate(byteCount: source.count)
    if let base = source.baseAddress {
      unsafe copy.copyMemory(from: base, byteCount: source.count)
    }
    return unsafe ProtobufCBinaryData(
      len: source.count, data: copy.bindMemory(to: UInt8.self, capacity: source.count))
  }

  /// A copy of elements, as protobuf-c wants them for a repeated field.
  @unsafe public mutating func array<Element: BitwiseCopyable>(
    _ elements: [Element]
  ) -> UnsafeMutablePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let copy = unsafe allocate(byteCount: elements.count * MemoryLayout<Element>.stride)
      .bindMemory(to: Element.self, capacity: elements.count)
    unsafe copy.initialize(from: elements, count: elements.count)
    return unsafe copy
  }

  /// The message on the wire.
  ///
  /// - Parameter root: a message of this builder
  @unsafe public borrowing func pack<Message>(_ root: UnsafeMutablePointer<Message>) -> [UInt8] {
    // unsafe: every generated message begins with its ProtobufCMessage.
    let base = unsafe UnsafeMutableRawPointer(root)
      .assumingMemoryBound(to: ProtobufCMessage.self)
    let byteCount = unsafe protobuf_c_message_get_packed_size(base)
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initializedCount in
      // A message without a set field packs to nothing, and an empty array may have no memory.
      guard let start = buffer.baseAddress, byteCount > 0 else { return }
      initializedCount = unsafe protobuf_c_message_pack(base, start)
      precondition(initializedCount == byteCount, "a message changed while it was packed")
    }
  }
}
