import Glibc
import SQLite
import Synchronization
import Threading

/// The one thread of a process that writes to the store, many rows in a transaction.
final class StoreWriter: Sendable {
  enum Command: Sendable {
    case put(FeatureKey, FeatureRow)
    case touch([FeatureKey])
    case remove([FeatureKey])
    /// These rows were found damaged.
    case mend([FeatureKey])
    case removeWorker(UInt64)
    case flush(Mailbox<Void>)
    case close
  }

  /// Rows are gathered for so long before they are written together.
  static let batchMilliseconds: Int32 = 250

  /// What a disk that stands still may cost in memory.
  static let waitingBytesMax = 256 << 20

  private let commands = Mailbox<Command>()
  private let waitingBytes = Atomic<Int>(0)
  private let droppedAny = Atomic<Bool>(false)
  private let hasEnded = Mailbox<Void>()
  private let thread: Mutex<NamedThread?>
  private let warn: @Sendable (String) -> Void

  init(folder: StoreFolder, quotaBytes: Int, warn: @escaping @Sendable (String) -> Void) {
    self.warn = warn
    thread = Mutex(nil)
    let (commands, hasEnded) = (commands, hasEnded)
    let started = NamedThread(name: "store") { [weak self] in
      var work = StoreWork(folder: folder, quotaBytes: quotaBytes, warn: warn)
      var isOpen = true
      while isOpen {
        let batch = Self.gather(commands)
        isOpen = work.carryOut(batch)
        self?.waitingBytes.subtract(Self.byteCount(batch), ordering: .relaxed)
      }
      hasEnded.send(())
    }
    thread.withLock { $0 = started }
  }

  func send(_ command: Command) {
    let bytes = Self.byteCount([command])
    if bytes > 0 {
      let (_, waiting) = waitingBytes.add(bytes, ordering: .relaxed)
      guard waiting <= Self.waitingBytesMax else {
        waitingBytes.subtract(bytes, ordering: .relaxed)
        if !droppedAny.exchange(true, ordering: .relaxed) {
          warn("the disk of the feature store is too slow; some features are not kept")
        }
        return
      }
    }
    commands.send(command)
  }

  func flush(waitingAtMostMilliseconds limit: Int32) -> Bool {
    let done = Mailbox<Void>()
    commands.send(.flush(done))
    return Self.wait(for: done.fileDescriptor, milliseconds: limit)
  }

  func close(waitingAtMostMilliseconds limit: Int32) {
    guard let thread = thread.withLock({ $0.take() }) else { return }
    commands.send(.close)
    // A thread that a disk keeps is left behind: the process ends all the same.
    if Self.wait(for: hasEnded.fileDescriptor, milliseconds: limit) { thread.join() }
  }

  /// Waits for commands and, once there are some, a little longer for more; not where somebody waits.
  private static func gather(_ commands: Mailbox<Command>) -> [Command] {
    _ = wait(for: commands.fileDescriptor, milliseconds: -1)
    var batch = commands.receiveAll()
    let isHurried = batch.contains { command in
      switch command {
      case .flush, .close: true
      case .put, .touch, .remove, .mend, .removeWorker: false
      }
    }
    if isHurried { return batch }
    // One sleep instead of a wait for each row: a flush that comes meanwhile waits for its end.
    _ = poll(nil, 0, batchMilliseconds)
    batch += commands.receiveAll()
    return batch
  }

  private static func wait(for descriptor: Int32, milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = unsafe poll(&entry, 1, milliseconds)
      if count < 0 && errno == EINTR { continue }
      return count > 0
    }
  }

  private static func byteCount(_ commands: [Command]) -> Int {
    commands.reduce(0) { sum, command in
      if case .put(_, let row) = command { sum + row.bytes.count } else { sum }
    }
  }
}
