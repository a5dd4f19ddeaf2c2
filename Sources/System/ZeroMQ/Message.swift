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

  /// A frame that holds a copy of `bytes` and tells when it is gone.
  ///
  /// - Parameters:
  ///   - bytes: at least one.
  ///   - onReturn: is called once, on any thread, when the library needs them no more: they are sent,
  ///     or their connection is gone.
  public init(lending bytes: [UInt8], onReturn: @escaping @Sendable () -> Void) {
    precondition(!bytes.isEmpty)
    unsafe pointer = .allocate(capacity: 1)
    let loan = Loan(bytes, onReturn)
    let start = unsafe loan.bytes.baseAddress
    // Safe: the loan keeps the bytes until the library hands it back.
    let result = unsafe zmq_msg_init_data(
      pointer, start, bytes.count,
      { _, loan in if let loan = unsafe loan { unsafe Loan.end(loan) } },
      Unmanaged.passRetained(loan).toOpaque())
    guard result == 0 else { fatalError("out of memory for a message") }
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

  /// Who sent this received frame, as the `AccessResponder` named it; nil on a connection that it
  /// wasn't asked about. The peer has no say in it.
  public var userID: String? {
    // Safe: the text is the message's own and copied before the borrow ends.
    guard let text = unsafe zmq_msg_gets(pointer, "User-Id") else { return nil }
    let userID = unsafe String(cString: text)
    return userID.isEmpty ? nil : userID
  }

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

/// Bytes that the library has for a while.
@safe
private final class Loan {
  let bytes: UnsafeMutableRawBufferPointer
  private let onReturn: @Sendable () -> Void

  init(_ content: [UInt8], _ onReturn: @escaping @Sendable () -> Void) {
    // Safe: as many bytes as are copied, freed with this object.
    unsafe bytes = .allocate(byteCount: content.count, alignment: 16)
    unsafe bytes.copyBytes(from: content)
    self.onReturn = onReturn
  }

  static func end(_ loan: UnsafeMutableRawPointer) {
    unsafe Unmanaged<Loan>.fromOpaque(loan).takeRetainedValue().onReturn()
  }

  deinit { unsafe bytes.deallocate() }
}
