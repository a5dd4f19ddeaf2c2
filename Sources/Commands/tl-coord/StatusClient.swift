import Access
import AccessOptions
import ClusterCore
import CommandLine
import Options
import Wire
import ZeroMQ

/// Asks a running coordinator how it is doing. It only looks: the coordinator counts it as nobody.
struct StatusClient: ~Copyable {
  private let address: HostPort
  private let door: CoordinatorDoor
  // The order of declarations is that of closing: the socket before its context.
  private let socket: Socket
  private var poller = Poller()
  private let token: Poller.Token

  init(_ address: HostPort, _ door: CoordinatorDoor) throws(CommandLineError) {
    self.address = address
    self.door = door
    do throws(ZeroMQError) {
      let socket = try Socket(.dealer, in: Context())
      var options = SocketOptions(frameBytesMax: WireLimits.controlFrameByteCountMax)
      options.lingerMilliseconds = 0
      options.reconnectMilliseconds = 250
      try socket.apply(options)
      try door.connect(socket)
      token = poller.add(socket)
      self.socket = socket
    } catch {
      throw CommandLineError(.unavailable, error.description)
    }
  }

  /// The next answer, or nil where none comes in time.
  mutating func ask(patienceMilliseconds: Int) throws(CommandLineError) -> StatusReply? {
    do throws(ZeroMQError) {
      // Late answers to earlier questions are as good.
      _ = try socket.send(
        Message(
          Envelope(incarnation: .none, session: .none, message: WorkerMessage.status).encoded()))
      let deadline = ContinuousClock.now + .milliseconds(patienceMilliseconds)
      while true {
        let left = (deadline - .now) / .milliseconds(1)
        guard left > 0 else { return nil }
        try poller.wait(timeoutMilliseconds: Int(left.rounded(.up)))
        guard poller.isReady(token) else { continue }
        while let frame = try socket.receive() {
          let envelope = try? frame.withBytes { bytes throws(WireError) in
            try Envelope<CoordinatorMessage>(decoding: bytes)
          }
          guard case .statusReply(let reply) = envelope?.message else { continue }
          return reply
        }
      }
    } catch {
      throw CommandLineError(.unavailable, error.description)
    }
  }

  /// What to say where nobody answers; it takes a moment to find out.
  var silence: CommandLineError {
    if let reason = Silence(at: address, door).reason {
      return CommandLineError(.unavailable, reason.text, advice: reason.advice)
    }
    return CommandLineError(
      .unavailable, "no coordinator answers at \(address)",
      advice:
        "Check the address in the coordinator's first lines, that it runs and that no firewall is between. A "
        + "run of this machine can be given by its name.")
  }
}
