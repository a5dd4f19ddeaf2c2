import HTTP
import Inspection
import Synchronization
import Threading

/// Answers what pictures show, on threads of its own that share the requests; each takes the next picture
/// that waits. A forward pass is of one picture: requests that arrive together keep all threads busy, and
/// none waits for another's picture.
public final class PredictionService: Sendable {
  /// What is answered, and how much may wait.
  public struct Settings: Sendable {
    /// Classes named for each picture.
    public let top: Int
    /// Whether it is said of which pictures the classifier knows nothing.
    public let tellsNone: Bool
    /// Requests that wait for a thread.
    public let waitingMax: Int

    public init(top: Int, tellsNone: Bool, waitingMax: Int) {
      self.top = top
      self.tellsNone = tellsNone
      self.waitingMax = waitingMax
    }
  }

  /// What has been done since the beginning.
  public struct Counts: Sendable {
    /// Requests that wait for a thread.
    public var waiting = 0
    /// Requests that were sent away because too many waited.
    public var turnedAway = 0
    public var pictures: [PictureResult: Int] = [:]

    public init() {}
  }

  /// What became of a picture.
  public enum PictureResult: String, CaseIterable, Sendable {
    case answered
    case undecodable
    case noMemory = "no_memory"
  }

  /// More than anybody chooses in a browser at once.
  public static let picturesMax = 100

  private enum Work: Sendable {
    /// A request that nobody has looked at.
    case request(HTTPRequest, HTTPReply)
    /// One of several pictures of a request.
    case picture(PredictionRequest, Int)
  }

  public let classifier: Classifier
  private let settings: Settings
  private let queue = WorkQueue<Work>()
  private let state = Mutex(Counts())
  private let threads = Mutex<[NamedThread]>([])

  /// Starts the threads. Throws where there is no memory for what they need.
  ///
  /// - Parameter threads: at least 1.
  public init(
    _ classifier: Classifier, _ settings: Settings, threads count: Int
  ) throws(InspectionError) {
    self.classifier = classifier
    self.settings = settings
    let begun = WorkQueue<InspectionError?>()
    let started = (0..<count).map { number in
      NamedThread(name: "predict-\(number)", stackBytes: Classifier.stackBytes) { [self] in
        run(begun)
      }
    }
    threads.withLock { $0 = started }
    for _ in 0..<count {
      guard let failure = begun.take().flatMap(\.self) else { continue }
      end(patienceSeconds: Self.beginningPatienceSeconds)
      throw failure
    }
  }

  public var counts: Counts { state.withLock { $0 } }

  /// Ends the threads when each has finished its picture. What still waits isn't answered.
  ///
  /// - Parameter patienceSeconds: how long that may take; a thread whose picture takes longer ends with the
  ///   process.
  public func end(patienceSeconds: Int) {
    queue.close()
    threads.withLock { $0 }.join(patienceSeconds: patienceSeconds)
  }

  /// Threads that have had no picture yet end at once.
  private static let beginningPatienceSeconds = 10

  // MARK: Requests

  /// What is answered to the head of a request whose body isn't wanted.
  @Sendable public func refusal(of head: HTTPRequest) -> HTTPAnswer? {
    if let refusal = PredictionRequest.refusal(of: head) { return refusal }
    return state.withLock { state in
      guard state.waiting >= settings.waitingMax else { return nil }
      state.turnedAway += 1
      return Self.busy
    }
  }

  /// Takes a request with its body; returns at once.
  @Sendable public func take(_ request: HTTPRequest, _ reply: HTTPReply) {
    // Many may have been let in before the first was here.
    let isTaken = state.withLock { state in
      guard state.waiting < settings.waitingMax else {
        state.turnedAway += 1
        return false
      }
      state.waiting += 1
      return true
    }
    guard isTaken else { return reply.send(Self.busy) }
    queue.add(.request(request, reply))
  }

  private static let busy = PredictionAnswers.error(
    503, "Too many pictures wait already; try again.", fields: [.init("Retry-After", "1")])

  // MARK: Threads

  private func run(_ begun: WorkQueue<InspectionError?>) {
    do throws(InspectionError) {
      var calculator = try Classifier.Calculator(classifier)
      begun.add(nil)
      while let work = queue.take() {
        switch work {
        case .request(let request, let reply):
          state.withLock { $0.waiting -= 1 }
          begin(request, reply, &calculator)
        case .picture(let request, let index): answer(request, index, &calculator)
        }
      }
    } catch {
      begun.add(error)
    }
  }

  private func begin(
    _ request: HTTPRequest, _ reply: HTTPReply, _ calculator: inout Classifier.Calculator
  ) {
    do throws(PredictionRequest.Refusal) {
      let request = try PredictionRequest(request, reply, picturesMax: Self.picturesMax)
      // Behind what waits already: many pictures of one are not ahead of others' single ones.
      for index in request.pictures.indices.dropFirst() { queue.add(.picture(request, index)) }
      answer(request, 0, &calculator)
    } catch {
      reply.send(error.answer)
    }
  }

  private func answer(
    _ request: PredictionRequest, _ index: Int, _ calculator: inout Classifier.Calculator
  ) {
    let picture = request.pictures[index]
    let result = calculator.answer(to: .picture(request.bytes(of: picture)))
    let entry =
      switch result {
      case .success(let answer):
        PredictionAnswers.Entry(
          json: classifier.entry(
            picture.name, answer, top: settings.top, tellsNone: settings.tellsNone),
          result: .answered)
      case .failure(let failure):
        PredictionAnswers.Entry(
          json: PredictionAnswers.failure(picture.name, failure.reason),
          result: failure.isShortage ? .noMemory : .undecodable)
      }
    state.withLock { $0.pictures[entry.result, default: 0] += 1 }
    guard let entries = request.keep(entry, at: index) else { return }
    request.reply.send(PredictionAnswers.answer(entries, of: classifier))
  }
}
