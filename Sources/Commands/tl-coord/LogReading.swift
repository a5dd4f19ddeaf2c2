import ClusterCore
import Glibc
import Monitoring
import Options
import RunFiles

/// A run as its progress log tells it, and on as the log grows.
struct LogReading {
  let directory: RunDirectory
  private(set) var view: RunView
  private var reader: ProgressReader

  init(_ directory: RunDirectory) {
    self.directory = directory
    view = RunView(name: directory.name, phase: .notStarted)
    reader = ProgressReader(path: directory.progressPath)
  }

  /// Where its coordinator listens, or listened last.
  var address: HostPort? { view.start.flatMap { HostPort.list($0.listen)?.first } }

  /// Whether it is this user's run: then its coordinator answers this user.
  var isOwn: Bool {
    var status = stat()
    return unsafe stat(directory.path, &status) == 0 && status.st_uid == geteuid()
  }

  /// How long ago its newest line was written; nil where it has none.
  var quietSeconds: Int? {
    view.newestLineAt.map {
      Int((Timestamp.now.millisecondsSince1970 - $0.millisecondsSince1970) / 1_000)
    }
  }

  /// Takes in what was written since the last call.
  mutating func update() throws(RunFilesError) {
    for line in try reader.next() { view.take(line) }
    let isInUse = directory.isInUse
    if view.result != nil {
      view.phase = .finished
    } else if view.start == nil {
      view.phase = isInUse ? .preparing("starting") : .notStarted
    } else if isInUse {
      view.phase = .running
    } else {
      let folder = directory.root == StartOptions.runsFolder ? "" : " --runs \(directory.root)"
      let advice = "continue it with 'tl-coord start\(folder) --run \(view.name) --resume'"
      view.phase = .stopped(view.stopReason ?? advice)
    }
    if view.start != nil {
      let isGoingOn = isInUse && view.result == nil
      view.elapsedSeconds = view.timeSpent.seconds(until: isGoingOn ? .now : nil)
    }
    if isInUse { view.tellTime(.now) } else { view.workers = [] }
  }

  /// Its coordinator is there, and says nothing.
  mutating func loseSight() {
    view.phase = .silent
    view.loseSightOfWorkers()
  }

  /// Takes over what only the coordinator itself knows.
  mutating func add(_ status: StatusReply) { view.take(status) }
}
