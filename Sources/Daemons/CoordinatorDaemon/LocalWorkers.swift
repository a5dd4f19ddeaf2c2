import Access
import Files
import Glibc
import ZeroMQ

/// The worker processes that a coordinator starts beside itself, and that end with it.
///
/// They are found beside the coordinator's own executable. Each holds the reading end of a pipe
/// whose writing end is in this process alone: however this process ends, they notice. They have a
/// process group of their own, so that Ctrl-C in a terminal reaches the coordinator alone, which
/// tells them what to do once it has finished its step.
final class LocalWorkers {
  /// A process that ended before the run did.
  struct Loss {
    let number: Int
    let processID: Int32
    /// How it ended and what follows, for people.
    let reason: String
  }

  private struct Child {
    let number: Int
    var processID: pid_t
    var restarts = 0
  }

  /// A worker that ends more often than this is not started again.
  private static let restartsMax = 5

  /// The descriptor by which a child knows the pipe.
  private static let childDescriptor: Int32 = 3

  private let executable: String
  private let arguments: [String]
  private let logFolder: String
  private let socket: LocalSocket
  private let pipe: ParentPipe
  private var children: [Child] = []

  /// - Parameters:
  ///   - endpoint: where the coordinator listens, for people.
  ///   - socket: by which they reach it.
  ///   - threads: for each of them.
  ///   - photographs: the folder where they look for photographs before they have them sent.
  ///   - logFolder: where their output goes.
  init(
    endpoint: Endpoint, socket: LocalSocket, threads: Int, photographs: String, logFolder: String
  ) throws(CoordinatorError) {
    let folder = ownFolder()
    executable = "\(folder)/tl-worker"
    guard unsafe access(executable, X_OK) == 0 else {
      throw CoordinatorError(
        .unavailable, "no tl-worker beside tl-coord, in \(folder)",
        advice: "build it, or start workers by hand with `tl-worker join`")
    }
    arguments = [
      "tl-worker", "join", endpoint.reachable.description, "--threads", String(threads),
      "--data=\(photographs)",
    ]
    self.logFolder = logFolder
    self.socket = socket
    pipe = try ParentPipe()
  }

  func start(count: Int) throws(CoordinatorError) {
    for number in 0..<count {
      switch spawn(number: number + 1) {
      case .success(let processID):
        children.append(Child(number: number + 1, processID: processID))
      case .failure(let error):
        throw CoordinatorError(
          .unavailable, "cannot start \(error)",
          advice: "start workers by hand with `tl-worker join`")
      }
    }
  }

  /// Takes note of those that ended, and starts those again that didn't end well.
  func reap() -> [Loss] {
    var losses: [Loss] = []
    for place in children.indices.reversed() {
      var status: Int32 = 0
      let child = children[place]
      guard unsafe waitpid(child.processID, &status, WNOHANG) == child.processID else { continue }
      var replacement: pid_t?
      // One that leaves with 0 was told to, by a person or by this coordinator.
      if status != 0, child.restarts < LocalWorkers.restartsMax {
        replacement = try? spawn(number: child.number).get()
      }
      losses.append(
        Loss(
          number: child.number, processID: child.processID,
          reason: describe(status, isRestarted: replacement != nil)))
      if let replacement {
        children[place].processID = replacement
        children[place].restarts += 1
      } else {
        children.remove(at: place)
      }
    }
    return losses
  }

  /// Lets go of them and waits until they have ended; kills those that don't.
  func stop() {
    pipe.closeWritingEnd()
    // They only have to see the end of the pipe.
    if haveEnded(withinMilliseconds: 2_000) { return }
    for child in children { kill(child.processID, SIGKILL) }
    // One that is stuck in the kernel ends when that lets go of it.
    _ = haveEnded(withinMilliseconds: 1_000)
    children = []
  }

  private func haveEnded(withinMilliseconds limit: Int) -> Bool {
    let stepMilliseconds = 10
    for _ in 0..<limit / stepMilliseconds {
      children.removeAll { child in
        var status: Int32 = 0
        return unsafe waitpid(child.processID, &status, WNOHANG) != 0
      }
      if children.isEmpty { return true }
      usleep(UInt32(stepMilliseconds) * 1_000)
    }
    return false
  }

  private func spawn(number: Int) -> Result<pid_t, SystemError> {
    Spawning(
      executable: executable, arguments: arguments,
      environment: [
        "TL_PARENT_DESCRIPTOR=\(LocalWorkers.childDescriptor)",
        "\(LocalSocket.variable)=\(socket.address)",
      ],
      logPath: "\(logFolder)/local-worker-\(number).log",
      inherited: (pipe.readingEnd, LocalWorkers.childDescriptor)
    ).start()
  }

  private func describe(_ status: Int32, isRestarted: Bool) -> String {
    guard status != 0 else { return "left, as it was asked to" }
    let signal = status & 0x7f
    let end = signal == 0 ? "exit code \((status >> 8) & 0xff)" : "signal \(signal)"
    return "ended with \(end); "
      + (isRestarted ? "it was started again" : "it is not started again")
  }
}

/// A pipe that nothing is ever written to: its reading end tells children when its writing end, in
/// this process alone, is gone.
private final class ParentPipe {
  let readingEnd: Int32
  private var writingEnd: Int32

  init() throws(CoordinatorError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw CoordinatorError(
        .inputOutput, "no pipe to local workers: \(SystemError.reason(errno))",
        advice: "raise the limit with `ulimit -n`")
    }
    // A child that held the writing end would never see the other side go.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    readingEnd = ends[0]
    writingEnd = ends[1]
  }

  func closeWritingEnd() {
    if writingEnd >= 0 { close(writingEnd) }
    writingEnd = -1
  }

  deinit {
    closeWritingEnd()
    close(readingEnd)
  }
}
