import Images
import Inspection
import Manifest
import Monitoring
import Report
import RunFiles
import RunPage
import Synchronization
import Threading

/// Classifies the validation photographs for the page of a run, from the run's newest checkpoint, and
/// makes small pictures of them. While the run goes on that takes at most a tenth of the time of one
/// thread.
final class OutcomeMaker: Sendable {
  private struct State {
    /// Steps of the checkpoint that was classified with last.
    var step: Int?
    var isBusy = false
    var next = ContinuousClock.now
  }

  private let directory: RunDirectory
  /// Where the photographs are now.
  private let photographs: String
  private let features: FeatureSource
  private let feed: PageFeed
  private let tell: @Sendable (RunResults) -> Void
  private let state = Mutex(State())

  /// The decoders want some.
  private static let stackBytes = 8 << 20
  private static let restFactor = 9
  /// So many become pictures before the page is told of them.
  private static let picturesAtOnce = 48

  /// - Parameter tell: called once the photographs are classified, before there are pictures.
  init(
    _ directory: RunDirectory, photographs: String, features: FeatureSource, feed: PageFeed,
    tell: @escaping @Sendable (RunResults) -> Void
  ) {
    self.directory = directory
    self.photographs = photographs
    self.features = features
    self.feed = feed
    self.tell = tell
  }

  /// Begins to classify where there is a newer checkpoint than before.
  func look(_ view: RunView) {
    let isOver =
      switch view.phase {
      case .finished, .stopped: true
      case .notStarted, .preparing, .waitingForWorkers, .running, .silent: false
      }
    guard let step = view.checkpoints.last?.step ?? (isOver && view.step > 0 ? view.step : nil)
    else { return }
    let isDue = state.withLock { state in
      guard !state.isBusy, state.step != step, isOver || state.next <= .now else { return false }
      state.isBusy = true
      state.step = step
      return true
    }
    guard isDue else { return }
    _ = NamedThread(name: "outcome", stackBytes: Self.stackBytes) { [self] in
      let start = ContinuousClock.now
      make(threads: isOver ? processorCount : 1)
      state.withLock { state in
        state.isBusy = false
        state.next = .now + (.now - start) * Self.restFactor
      }
    }
  }

  private func make(threads: Int) {
    do {
      let configuration = try directory.configuration()
      let answers = try ValidationAnswers(
        directory, features: features,
        source: Dataset.Source(folder: photographs, as: configuration), threads: threads)
      let results = Self.show(answers, configuration, in: feed, threads: threads, tell: tell)
      if results.photographs.isEmpty {
        feed.take(notice: "No validation photograph has an answer.")
      }
    } catch {
      feed.take(notice: "The validation photographs can't be shown: \(error)")
    }
  }

  /// Shows answers and then, as they are made, pictures.
  ///
  /// - Parameter picturesMax: how many at most.
  @discardableResult
  static func show(
    _ answers: ValidationAnswers, _ configuration: RunConfiguration, in feed: PageFeed,
    threads: Int, picturesMax: Int = RunResults.photographsMax,
    tell: (RunResults) -> Void = { _ in }
  ) -> RunResults {
    let (results, shown) = RunResults.of(answers, seed: configuration.seed)
    feed.take(RunSite.Outcome(results))
    tell(results)
    let wanted = shown.prefix(picturesMax)
    for start in stride(from: 0, to: wanted.count, by: picturesAtOnce) {
      let some = Array(wanted[start..<min(start + picturesAtOnce, wanted.count)])
      let squares = Thumbnails.squares(of: some, answers, configuration.fit, threads: threads)
      feed.add(
        pictures: squares.map { square in
          square.flatMap { try? encodeJPEG($0, quality: 80) } ?? []
        })
    }
    return results
  }
}
