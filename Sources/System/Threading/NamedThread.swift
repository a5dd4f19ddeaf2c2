import CLinux
import Glibc
import Synchronization

/// A thread of the operating system with a name that debuggers and `top -H` show.
///
/// It takes no signals: those go to the thread that expects them. Swift's cooperative pool is not
/// for threads that block in a C library or compute for long.
public final class NamedThread: Sendable {
  private let handle: pthread_t
  private let joined = Atomic<Bool>(false)

  /// Linux keeps at most this many bytes of a thread's name.
  public static let nameBytesMax = 15

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - name: at most 15 bytes are kept.
  ///   - stackBytes: the size of its stack.
  ///   - body: what it does; the thread ends when it returns.
  public init(name: String, stackBytes: Int = 1 << 20, body: @escaping @Sendable () -> Void) {
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, stackBytes)
    var handle = pthread_t()
    // Safe: the thread takes over the reference that was retained for it.
    let result = unsafe pthread_create(
      &handle, &attributes,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        let shortName = String(
          decoding: start.name.utf8.prefix(NamedThread.nameBytesMax), as: UTF8.self)
        unsafe tl_name_this_thread(shortName)
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe pthread_sigmask(SIG_SETMASK, &signals, nil)
        start.body()
        return nil
      }, start.toOpaque())
    unsafe pthread_attr_destroy(&attributes)
    precondition(result == 0, "no thread for \(name): \(result); raise the limit with `ulimit -u`")
    self.handle = handle
  }

  /// Waits until the thread has ended. Only the first call waits.
  public func join() {
    guard !joined.exchange(true, ordering: .acquiringAndReleasing) else { return }
    pthread_join(handle, nil)
  }

  /// Waits for so long, and then leaves the thread to itself: one that is stuck in the kernel, on a
  /// disk that doesn't answer, must not keep the process from ending.
  ///
  /// - Returns: whether it has ended.
  @discardableResult
  public func join(patienceSeconds: Int) -> Bool {
    guard !joined.exchange(true, ordering: .acquiringAndReleasing) else { return true }
    var deadline = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_sec += patienceSeconds
    guard unsafe pthread_timedjoin_np(handle, nil, &deadline) == 0 else {
      pthread_detach(handle)
      return false
    }
    return true
  }

  deinit {
    if !joined.load(ordering: .acquiring) { pthread_detach(handle) }
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}

extension Collection<NamedThread> {
  /// Waits for all of them, for so long in all, and then leaves those that go on to themselves.
  ///
  /// - Returns: whether all have ended.
  @discardableResult
  public func join(patienceSeconds: Int) -> Bool {
    let start = ContinuousClock.now
    return reduce(true) { haveEnded, thread in
      let waited = Int((ContinuousClock.now - start) / .seconds(1))
      return thread.join(patienceSeconds: Swift.max(0, patienceSeconds - waited)) && haveEnded
    }
  }
}
