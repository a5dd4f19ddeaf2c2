import ZeroMQ

/// Proves at start-up that a coordinator's door is shut.
public enum SelfTest {
  /// Connects with a throwaway key, which no credential has.
  ///
  /// - Throws: `unsafeFile` where it is let in, `inputOutput` where nothing is answered in time.
  public static func requireRefusal(
    at endpoint: Endpoint, server: CurveKey, in context: Context
  ) throws(AccessError) {
    let answer: Answer
    do throws(ZeroMQError) {
      answer = try knock(endpoint, server, try .generate(), context)
    } catch {
      throw AccessError(.inputOutput, "the start-up check of access failed: \(error)")
    }
    switch answer {
    case .refused: return
    case .letIn:
      throw AccessError(
        .unsafeFile,
        "the start-up check of access failed: \(endpoint) let in a key that nobody was given; don't "
          + "run this build")
    case .unclear:
      throw AccessError(
        .inputOutput, "the start-up check of access got no answer from \(endpoint) in time")
    }
  }

  private enum Answer {
    case refused
    case letIn
    case unclear
  }

  private static let patienceMilliseconds = 5_000

  private static func knock(
    _ endpoint: Endpoint, _ server: CurveKey, _ keys: CurveKeyPair, _ context: Context
  ) throws(ZeroMQError) -> Answer {
    let socket = try Socket(.dealer, in: context)
    var options = SocketOptions(frameBytesMax: 1_024)
    options.lingerMilliseconds = 0
    try socket.apply(options)
    try socket.useCurve(server: server, own: keys)
    let monitor = try SocketMonitor(socket)
    defer { monitor.stop(watching: socket) }
    try socket.connect(endpoint)
    var poller = Poller()
    let token = monitor.add(to: &poller)
    var left = patienceMilliseconds
    while left > 0 {
      try poller.wait(timeoutMilliseconds: 50)
      if !poller.isReady(token) { left -= 50 }
      while let event = try monitor.next() {
        switch event {
        case .authenticationFailed: return .refused
        case .ready: return .letIn
        case .lost, .handshakeFailed: return .unclear
        }
      }
    }
    return .unclear
  }
}
