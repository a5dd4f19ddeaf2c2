import CZeroMQ

/// One frame.
///
/// A `zmq_msg_t` must not move in memory once initialized, so it lives on the heap and this value
/// owns it.
@safe
public struct Message: ~Copyable, @unchecked Sendable {
  // Always initialized: the library leaves an empty message behind when it takes the content.
  let pointer: UnsafeMutablePointer<zmq_msg_t>

  /// An empty frame, also the place to receive into.
  public init() {
    unsafe pointer = .allocate(capacity: 1)
    // Cannot fail: it only clears the structure.
    _ = unsafe zmq_msg_init(pointer)
  }

  /// A frame of `byteCount` bytes that `initialize` writes.
  ///
  /// - Parameter initialize: receives the zeroed bytes.
  public init<E: Error>(
    byteCount: Int, initializingWith initialize: (inout MutableRawSpan) throws(E) -> Void
  ) throws(E) {
    precondition(byteCount >= 0)
    unsafe pointer = .allocate(capacity: 1)
    guard unsafe zmq_msg_init_size(pointer, byteCount) == 0 else {
      fatalError("out of memory for a message of \(byteCount) bytes")
    }
    // Safe: the library has just allocated byteCount bytes that nobody else sees.
    let bytes = unsafe UnsafeMutableRawBufferPointer(
      start: zmq_msg_data(pointer), count: byteCount)
    unsafe _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
    var span = unsafe MutableRawSpan(_unsafeBytes: bytes)
    try initialize(&span)
  }

  /// A frame that holds a copy of `bytes`.
  public init(copying bytes: RawSpan) {
    unsafe pointer = .allocate(capacity: 1)
    guard unsafe zmq_msg_init_size(pointer, bytes.byteCount) == 0 else {
      fatalError("out of memory for a message of \(bytes.byteCount) bytes")
    }
    // Safe: source and destination are distinct and both of this length.
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress, unsafe !source.isEmpty else { return }
      unsafe zmq_msg_data(pointer).copyMemory(from: start, byteCount: source.count)
    }
  }

  /// A frame that holds a copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    unsafe self.init(copying: bytes.span.bytes)
  }

  /// Another frame with the same content, which the library shares instead of copying where it is
  /// large.
  public func shared() -> Message {
    let other = Message()
    // Cannot fail: both are initialized.
    _ = unsafe zmq_msg_copy(other.pointer, pointer)
    return other
  }

  public var byteCount: Int { unsafe zmq_msg_size(pointer) }

  /// Whether further frames of the same multipart message follow this received one.
  public var hasMore: Bool { unsafe zmq_msg_more(pointer) != 0 }

  /// Calls `body` with the content.
  public borrowing func withBytes<Result: ~Copyable, E: Error>(
    _ body: (RawSpan) throws(E) -> Result
  ) throws(E) -> Result {
    // Safe: the content stays in place and unchanged while this value is borrowed.
    let buffer = unsafe UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: byteCount)
    return try unsafe body(RawSpan(_unsafeBytes: buffer))
  }

  /// A copy of the content.
  public func array() -> [UInt8] {
    // Safe: copied before the borrow ends.
    unsafe [UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: byteCount))
  }

  deinit {
    _ = unsafe zmq_msg_close(pointer)
    unsafe pointer.deallocate()
  }
}
