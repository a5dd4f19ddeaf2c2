import Testing
import ZeroMQ

/// Waits for the next message of a socket.
func receive(_ socket: borrowing Socket) throws -> Message {
  var poller = Poller()
  let token = poller.add(socket)
  while true {
    if let message = try socket.receive() { return message }
    try poller.wait(timeoutMilliseconds: 10_000)
    let isReady = poller.isReady(token)
    try #require(isReady, "nothing came")
  }
}
