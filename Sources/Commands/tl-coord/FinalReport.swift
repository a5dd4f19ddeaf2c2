import CommandLine
import CoordinatorDaemon
import EventFiles
import Glibc
import Inspection
import RunFiles
import Threading
import ZeroMQ

/// The report at the end of a run, which by then is over and safe: whatever happens to the report, a full
/// disk, a drive that doesn't answer or a signal, costs nothing but the report.
enum FinalReport {
  /// After that nothing is to be expected of a drive.
  private static let patienceSeconds = 120
  /// The decoders want some.
  private static let stackBytes = 8 << 20

  /// Writes it.
  ///
  /// - Returns: the page's path; nil where there is none, of which people have been warned.
  static func write(
    of directory: RunDirectory, _ request: CoordinatorRequest, _ outcome: RunOutcome,
    feed: PageFeed?, isRecorded: Bool
  ) -> String? {
    let features =
      outcome.validationFeatures.map(FeatureSource.evaluated)
      ?? .store(folder: request.cacheFolder)
    // Signals have been blocked since the run began; here they end the wait.
    let signals = SignalSource([SIGTERM, SIGINT])
    let done = Mailbox<Result<String, any Error>>()
    let thread = NamedThread(name: "report", stackBytes: stackBytes) {
      done.send(
        Result {
          try ReportCommand.make(
            directory, photographs: request.dataFolder, features: features,
            allFeatures: .keptAlone(folder: request.cacheFolder),
            feed: feed,
            events: isRecorded ? RunEventWriter(run: directory.path) : nil)
        })
    }
    var poller = Poller()
    let end = poller.add(fileDescriptor: done.fileDescriptor)
    _ = poller.add(fileDescriptor: signals.fileDescriptor)
    try? poller.wait(timeoutMilliseconds: patienceSeconds * 1000)
    guard poller.isReady(end), let result = done.receiveAll().first else {
      warn("the report can't be written: it was interrupted, or the disk didn't answer", directory)
      return nil
    }
    thread.join()
    switch result {
    case .success(let page): return page
    case .failure(let error):
      warn("\(error)", directory)
      return nil
    }
  }

  /// Whoever has the page of the run open is to see how it ended.
  private static let lookSeconds = 3

  /// Waits for those who look at the run's page.
  static func wait(for page: PageServer?) {
    guard let page else { return }
    if page.isLookedAt(withinSeconds: lookSeconds) {
      let signals = SignalSource([SIGTERM, SIGINT])
      var poller = Poller()
      _ = poller.add(fileDescriptor: signals.fileDescriptor)
      try? poller.wait(timeoutMilliseconds: lookSeconds * 1000)
    }
    page.stop()
  }

  private static func warn(_ text: String, _ directory: RunDirectory) {
    report(
      .warning, "\(text)\n'tl-coord report --run \(directory.argument)' tries again",
      program: CoordinatorProgram.program.name)
  }
}
