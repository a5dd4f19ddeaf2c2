import CProtobufC

/// The owner of one message that protobuf-c unpacked: frees it, with everything in it, at the end.
@safe public struct Unpacked<Message>: ~Copyable {
  private let message: UnsafeMutablePointer<Message>

  /// A function that protoc-c generated: `…__unpack`.
  public typealias UnpackFunction = (
    UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
  ) -> UnsafeMutablePointer<Message>?

  /// Unpacks a message.
  ///
  /// - Parameters:
  ///   - bytes: the whole message and nothing after it
  ///   - byteCountMax: longer input is refused before any of it is read
  ///   - budget: the most memory in bytes that unpacking may take, the blocks of the input's own
  ///     size included
  ///   - unpack: the generated function of the message type
  /// - Throws: `tooLarge`, `truncated`, `malformed` or `overBudget`
  public init(
    _ bytes: RawSpan, byteCountMax: Int, budget byteCountBudget: Int, with unpack: UnpackFunction
  ) throws(ProtobufError) {
    guard bytes.byteCount <= byteCountMax else {
      throw .tooLarge(byteCount: bytes.byteCount, byteCountMax: byteCountMax)
    }
    var budget = AllocationBudget(byteCount: byteCountBudget)
    // unsafe: protobuf-c reads the bytes during the call only and copies what it keeps.
    let message = unsafe bytes.withUnsafeBytes { bytes in
      unsafe budget.withAllocator { allocator in
        unsafe unpack(
          allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    guard let message = unsafe message else {
      if budget.isExhausted { throw .overBudget(byteCountMax: byteCountBudget) }
      if let offset = WireFormat.offsetOfTruncatedField(in: bytes) {
        throw .truncated(atByte: offset)
      }
      throw .malformed
    }
    unsafe self.message = unsafe message
  }

  deinit {
    // unsafe: every generated message begins with its ProtobufCMessage, and nothing that this
    // owner handed out outlives the call of `read`.
    let base = unsafe UnsafeMutableRawPointer(message)
      .assumingMemoryBound(to: ProtobufCMessage.self)
    unsafe AllocationBudget.withFreeingAllocator { allocator in
      unsafe protobuf_c_message_free_unpacked(base, allocator)
    }
  }

  /// Calls `body` with the message, whose pointers are valid until it returns.
  public borrowing func read<R, E: Error>(_ body: (Message) throws(E) -> R) throws(E) -> R {
    // unsafe: the pointer was given by protobuf-c and is freed in `deinit` alone.
    try body(unsafe message.pointee)
  }
}
