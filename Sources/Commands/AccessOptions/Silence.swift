import Access
import Options
import ZeroMQ

/// Why a coordinator doesn't answer, as far as its port tells: a process that hangs needs another remedy than
/// a wrong address or a token of another coordinator.
public struct Silence: Sendable {
  private let address: HostPort
  private let greeting: PortGreeting
  /// Whether whoever asked came with a token, or through a door for which none is needed.
  private let hasToken: Bool
  private let isOwnMachine: Bool

  private static let patienceMilliseconds = 2_000

  /// Asks the port, which may take two seconds.
  public init(at address: HostPort, _ door: CoordinatorDoor) {
    self.init(
      at: address, door,
      greeting: Endpoint(host: address.host, port: address.port).reachable
        .greeting(patienceMilliseconds: Self.patienceMilliseconds))
  }

  /// - Parameter greeting: what the port says.
  public init(at address: HostPort, _ door: CoordinatorDoor, greeting: PortGreeting) {
    self.address = address
    self.greeting = greeting
    hasToken = door.needsToken
    isOwnMachine = door.isOwnMachine
  }

  /// What keeps it from answering, and what to do; nil where nobody listens there, as far as anybody can tell.
  public var reason: (text: String, advice: String)? {
    switch greeting {
    case .closed: nil
    case .silent:
      (
        "\(address) takes connections and says nothing: if a coordinator listens there, it hangs, is stopped "
          + "or is overloaded",
        Self.look
      )
    case .stranger:
      (
        "what listens at \(address) is no coordinator",
        "Check the address in the coordinator's first lines."
      )
    case .peer("CURVE") where hasToken:
      (
        "the coordinator at \(address) doesn't answer whoever has this token",
        "It may be of another coordinator, revoked or expired: 'tl-coord token show' prints one on the "
          + "coordinator's machine. Or the coordinator hangs: look at its terminal or its log there."
      )
    case .peer("CURVE") where !isOwnMachine:
      (
        "the coordinator at \(address) encrypts, and asks for a token",
        "Leave '--insecure' out; 'tl-coord token show' on its machine prints a token."
      )
    case .peer("NULL") where hasToken || isOwnMachine:
      (
        "the coordinator at \(address) doesn't encrypt",
        "It was started with '--insecure': give '--insecure' here as well, or start it without."
      )
    case .peer:
      (
        "the coordinator at \(address) runs and doesn't answer: it hangs or is overloaded",
        Self.look
      )
    }
  }

  private static let look =
    "Look at its terminal or its log. On its machine 'ps -C tl-coord -o pid,stat,etime,args' shows whether it is "
    + "stopped (T: 'kill -CONT PID' has it go on) or waits for a disk (D)."
}
