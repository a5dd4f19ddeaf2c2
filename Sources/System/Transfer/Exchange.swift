/// The receiving side of one transfer, as libcurl's callbacks see it.
final class Exchange {
  private(set) var head = AnswerHead()
  private(set) var hasBegun = false
  /// Whether the receiver ended it.
  private(set) var wasRefused = false
  private let receiver: any TransferReceiver

  init(_ receiver: any TransferReceiver) { self.receiver = receiver }

  var isWanted: Bool { receiver.isWanted }

  /// The object that a callback was given.
  static func at(_ context: UnsafeMutableRawPointer?) -> Exchange {
    guard let context = unsafe context else {
      preconditionFailure("a callback without its context")
    }
    // perform passed it, and keeps it alive until libcurl returns.
    return unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  }

  func begin() -> Bool {
    hasBegun = true
    wasRefused = !receiver.begin(head)
    return !wasRefused
  }

  /// Returns how much was taken: all of it.
  func takeLine(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    // libcurl's buffer, for the time of the call.
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    head.take(line: unsafe String(decoding: line, as: UTF8.self))
    return count
  }

  /// Returns how much was taken: anything but all of it ends the transfer.
  func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard hasBegun || begin() else { return 0 }
    // libcurl's buffer, for the time of the call.
    let body = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    wasRefused = unsafe !receiver.receive(body.bytes)
    // A refused transfer of nothing would look like a taken one.
    return wasRefused ? (count == 0 ? 1 : 0) : count
  }
}
