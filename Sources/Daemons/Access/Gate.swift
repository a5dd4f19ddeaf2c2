import Glibc
import Synchronization
import Threading
import ZeroMQ

/// Decides who may connect to a coordinator, on a thread of its own that answers libzmq's questions.
///
/// The thread looks at the credentials' file with every question and a few times a second, so that a
/// token that is added or revoked counts at once. Nobody else reads the file: a state folder on a disk
/// that stands still keeps newcomers waiting, and no step.
public final class Gate: Sendable {
  /// Connections turned away.
  public struct Refusals: Equatable, Sendable {
    /// With a key that no credential has, or none.
    public var strangers = 0
    /// With a credential that has expired.
    public var expired = 0
    /// That came too fast after others of the same credential.
    public var postponed = 0
    /// Why the credentials can't be read.
    public var problem: String?

    public init() {}
  }

  /// New connections that one credential may make in a row, and a second afterwards: a thousand
  /// workers come back at once, each with two, and no stranger's loop gets far.
  package static let burst = 4_096.0
  package static let connectionsPerSecond = 64.0

  /// Of the listener on the network, and of that in the user's own folder.
  public static let networkDomain = "network"
  public static let localDomain = "local"

  private static let lookIntervalMilliseconds = 100

  private struct State {
    var byKey: [CurveKey: Credential] = [:]
    var byName: [String: Credential] = [:]
    /// Why the file can't be read; then nobody new is let in, and who is inside stays.
    var problem: String?
    /// Connections that each name has left, and when that was counted.
    var allowance: [String: (left: Double, at: Double)] = [:]
    var refusals = Refusals()
  }

  private let store: CredentialStore
  private let state = Mutex(State())
  /// Of the file that was read last; the thread's alone.
  private let version = Mutex<PrivateFile.Version?>(nil)
  private let responder = Mutex<AccessResponder?>(nil)
  private let stopping = Mailbox<Void>()
  private let thread = Mutex<NamedThread?>(nil)

  public init(_ store: CredentialStore) { self.store = store }

  /// Begins to answer; due before a socket that requires it is bound.
  public func start(in context: Context) throws(ZeroMQError) {
    try responder.withLock { (responder) throws(ZeroMQError) in
      responder = try AccessResponder(in: context)
    }
    thread.withLock { $0 = NamedThread(name: "access") { self.run() } }
  }

  /// Ends the thread, unless a disk holds it.
  public func stop() {
    stopping.send(())
    let thread = thread.withLock { $0.take() }
    thread?.join(patienceSeconds: 1)
  }

  private func run() {
    guard let responder = responder.withLock({ $0.take() }) else { return }
    var poller = Poller()
    let requests = responder.add(to: &poller)
    let end = poller.add(fileDescriptor: stopping.fileDescriptor)
    while !poller.isReady(end) {
      do throws(ZeroMQError) {
        try poller.wait(timeoutMilliseconds: Gate.lookIntervalMilliseconds)
        look()
        if poller.isReady(requests) { try responder.answerAll(decide) }
      } catch {
        // Nobody new gets in without an answer, and a run that nobody can join is better ended.
        fatalError("the question who may connect can't be answered: \(error)")
      }
    }
  }

  private func decide(_ request: AccessRequest) -> AccessDecision {
    // The folder of the Unix socket has kept out everybody else.
    request.domain == Gate.localDomain
      ? .admit(userID: Guest.local.text)
      : decide(request.publicKey, at: now(), uptime: uptime())
  }

  package func decide(_ key: CurveKey?, at seconds: Int64, uptime: Double) -> AccessDecision {
    state.withLock { state in
      guard state.problem == nil else {
        state.refusals.problem = state.problem
        return .postpone
      }
      guard let key, let credential = state.byKey[key] else {
        state.refusals.strangers += 1
        return .deny
      }
      guard !credential.isExpired(at: seconds) else {
        state.refusals.expired += 1
        return .deny
      }
      var (left, since) = state.allowance[credential.name] ?? (Gate.burst, uptime)
      left = min(Gate.burst, left + (uptime - since) * Gate.connectionsPerSecond)
      guard left >= 1 else {
        state.refusals.postponed += 1
        return .postpone
      }
      state.allowance[credential.name] = (left - 1, uptime)
      return .admit(userID: Guest(credential).text)
    }
  }

  /// Whether one that was let in may still be here.
  public func isWelcome(_ guest: Guest) -> Bool {
    guard case .holder(let name, _, _) = guest else { return true }
    return state.withLock { state in
      guard let credential = state.byName[name] else { return false }
      return !credential.isExpired(at: now()) && Guest(credential) == guest
    }
  }

  /// What was turned away since the last call.
  public func takeRefusals() -> Refusals {
    state.withLock { state in
      defer { state.refusals = Refusals() }
      return state.refusals
    }
  }

  /// Reads the file if it has changed.
  package func look() {
    let current = PrivateFile.Version.current(store.credentialsPath)
    guard current == nil || current != version.withLock({ $0 }) else { return }
    do throws(AccessError) {
      let (credentials, version) = try store.read() ?? ([], nil)
      self.version.withLock { $0 = version }
      state.withLock { state in
        state.problem = nil
        state.byKey = [:]
        state.byName = [:]
        for credential in credentials {
          state.byKey[credential.keys.publicKey] = credential
          state.byName[credential.name] = credential
        }
        state.allowance = state.allowance.filter { state.byName[$0.key] != nil }
      }
    } catch {
      version.withLock { $0 = nil }
      state.withLock { $0.problem = error.description }
    }
  }

  /// Seconds, of a clock that never leaps.
  private func uptime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
