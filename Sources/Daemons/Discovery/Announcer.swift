import Avahi
import Glibc
import Options
import Synchronization
import Threading
import ZeroMQ

/// Announces a coordinator in the local network until it is stopped, on a thread of its own. Where no
/// daemon runs, or it ends, that is told once and tried again.
public final class Announcer: Sendable {
  private let isStopped = Mutex(false)
  private let thread = Mutex<NamedThread?>(nil)
  /// Whether the first try found a daemon that takes it.
  private let firstTry = Mailbox<Bool>()

  /// How long between two tries.
  private static let pauseMilliseconds: Int32 = 5_000
  /// How soon it stops.
  private static let turnMilliseconds: Int32 = 100

  /// - Parameters:
  ///   - name: what it is called; nothing that is a secret.
  ///   - addresses: where it listens, of which those beyond loopback are announced.
  ///   - trouble: is told why it can't be announced, on the announcer's thread.
  public init(
    _ name: String, at addresses: [HostPort], _ record: CoordinatorRecord,
    trouble: @escaping @Sendable (String) -> Void
  ) {
    let places = Announcer.places(addresses)
    let body = { @Sendable [self] in
      var (isTold, isFirst) = (false, true)
      func tell(_ succeeded: Bool) {
        if isFirst { firstTry.send(succeeded) }
        isFirst = false
      }
      while !isOver {
        do throws(AvahiError) {
          var announcement = try Announcement(
            name, type: CoordinatorRecord.serviceType, at: places, text: record.strings)
          while !isOver {
            if try announcement.wait(milliseconds: Announcer.turnMilliseconds) != nil {
              isTold = false
            }
            tell(true)
          }
        } catch {
          tell(false)
          if !isTold { trouble(error.description) }
          isTold = true
          pause()
        }
      }
    }
    thread.withLock { $0 = NamedThread(name: "announcer", body: body) }
  }

  /// Waits until it has been tried once; false where it failed, or isn't decided in time. To be asked once.
  public func succeedsAtOnce(patienceMilliseconds: Int) -> Bool {
    var poller = Poller()
    _ = poller.add(fileDescriptor: firstTry.fileDescriptor)
    try? poller.wait(timeoutMilliseconds: patienceMilliseconds)
    return firstTry.receiveAll().first ?? false
  }

  /// Withdraws the announcement.
  public func stop() {
    isStopped.withLock { $0 = true }
    thread.withLock { $0 }?.join(patienceSeconds: 2)
  }

  private var isOver: Bool { isStopped.withLock { $0 } }

  private func pause() {
    for _ in 0..<(Announcer.pauseMilliseconds / Announcer.turnMilliseconds) where !isOver {
      usleep(UInt32(Announcer.turnMilliseconds) * 1_000)
    }
  }

  /// Where it is announced: where it listens at all addresses, there alone, since the others are among
  /// them or nearly so; else at each that others can reach.
  public static func places(_ addresses: [HostPort]) -> [Announcement.Place] {
    for address in addresses {
      switch address.host {
      case "0.0.0.0", "*": return [Announcement.Place(.allOfIPv4, port: address.port)]
      case "::": return [Announcement.Place(.all, port: address.port)]
      default: break
      }
    }
    return addresses.filter { !$0.isLoopback }
      .map { Announcement.Place(.one($0.host), port: $0.port) }
  }
}
