import CommandLine
import DaemonSupport
import Glibc
import HTTP
import Inspection
import Options
import Serving
import Supervision
import Threading
import ZeroMQ

/// `tl-coord serve`: what a run's classifier sees in pictures that are sent to it.
enum ServeCommand {
  static let threads = Option<Int>(
    "threads", .integer(1...1024), default: processorCount, shown: "all cores",
    "pictures that are classified at the same time")
  static let bodyMegabytes = Option<Int>(
    "body-megabytes", .integer(1...1024), default: 20,
    "the longest request in megabytes, of one picture or of several in a form")
  static let queue = Option<Int>(
    "queue", .integer(1...100_000), default: 128,
    "requests that may wait for a thread; further ones are told to try again")
  static let connections = Option<Int>(
    "connections", .integer(1...10_000), default: 256,
    "connections at the same time, of one address half as many; others wait or are turned away")
  static let timeout = Option<Int>(
    "timeout", .integer(1...3600), default: 30,
    "seconds for a request to arrive, and for its answer to be taken; slower clients are hung up on"
  )
  static let command = Command(
    "serve", "classify pictures that are sent over HTTP",
    groups: [
      OptionGroup(
        "Options",
        [
          PredictCommand.run.declaration, PredictCommand.best.declaration,
          PredictCommand.flipAverage.declaration, PredictCommand.top.declaration,
          PredictCommand.noneOfThese.declaration, StartOptions.runs.declaration,
        ]),
      OptionGroup(
        "Server",
        [
          PageOption.serve.declaration, PageOption.keyFile.declaration, threads.declaration,
          queue.declaration, connections.declaration, bodyMegabytes.declaration,
          timeout.declaration,
        ]),
    ],
    notes: [
      "POST /predict takes a picture, or a form with pictures, and answers with JSON:",
      "  curl --data-binary @photo.jpg http://127.0.0.1:8080/predict",
      "  curl -F picture=@a.jpg -F picture=@b.jpg http://127.0.0.1:8080/predict",
      "The page at / does so in a browser; /classes, /metrics (for Prometheus) and /healthz tell of it.",
      "It ends on Ctrl-C and SIGTERM, when what has been asked is answered.",
    ])

  /// Bodies that are here at once, in multiples of the longest.
  private static let bodiesInAll = 8
  /// What the process needs beside connections.
  private static let ownDescriptors = 32
  private static let tickMilliseconds = 500
  /// For clients that are still sending or reading when it is to end.
  private static let endPatience = Duration.seconds(10)
  /// For threads that have nothing to do.
  private static let idlePatienceSeconds = 1

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    // Whoever waits for what writes into a pipe can be ended as any program is.
    let key = try settings[PageOption.keyFile].map(PageOption.key(in:))
    // Before any other thread, so that none of them takes the signals.
    let signals = SignalSource([SIGTERM, SIGINT])
    try makeRoomForConnections(settings)
    let classifier = try PredictCommand.calibratedClassifier(settings)
    let service = try PredictionService(
      classifier,
      .init(
        top: settings[PredictCommand.top], tellsNone: settings[PredictCommand.noneOfThese],
        waitingMax: settings[queue]), threads: settings[threads])
    // After the server, which is gone by then. What is still decoded is for nobody any more.
    var patienceSeconds = 0
    defer { service.end(patienceSeconds: patienceSeconds) }
    let address = ServedAddress(settings[PageOption.serve], key: key)
    let server = try server(for: PredictionSite(service), at: address, settings)
    write(
      announcement(server, address, classifier, settings, terminal.style).joined(separator: "\n")
        + "\n", to: STDOUT_FILENO)
    let isAnswered = try serve(
      server, signals, timeoutSeconds: settings[timeout], name: classifier.runName)
    if isAnswered { patienceSeconds = idlePatienceSeconds }
    return .success
  }

  // MARK: Beginning

  private static func makeRoomForConnections(_ settings: Settings) throws(CommandLineError) {
    _ = DescriptorLimit.raise()
    let needed = settings[connections] + ownDescriptors
    guard DescriptorLimit.count < needed else { return }
    throw CommandLineError(
      .unavailable,
      "\(settings[connections]) connections need \(needed) descriptors, and this process may have "
        + "\(DescriptorLimit.count)",
      advice: "Raise the limit with 'ulimit -n \(needed)', or give fewer --connections.")
  }

  private static func server(
    for site: PredictionSite, at address: ServedAddress, _ settings: Settings
  ) throws(HTTPServerError) -> HTTPServer {
    var limits = HTTPLimits()
    limits.connectionsMax = settings[connections]
    limits.connectionsPerAddressMax = max(1, settings[connections] / 2)
    limits.exchangeSeconds = settings[timeout]
    // Bodies pass through it.
    limits.requestBytesMax = 64 << 10
    let bodyBytesMax = settings[bodyMegabytes] * 1_000_000
    return try HTTPServer(
      host: address.asked.host, port: address.asked.port, limits: limits,
      uploads: site.uploads(
        bodyBytesMax: bodyBytesMax, bodyBytesInAllMax: bodiesInAll * bodyBytesMax),
      admission: {
        address.admission(port: $0, isLoopback: $1, postPaths: [PredictionSite.predictPath])
      },
      handler: { site.answer($0, $1) })
  }

  private static func announcement(
    _ server: HTTPServer, _ address: ServedAddress, _ classifier: Classifier, _ settings: Settings,
    _ style: TextStyle
  ) -> [String] {
    let what =
      "\(printable(classifier.runName)), epoch \(classifier.epoch): "
      + "\(counted(classifier.classes.count, "class", "classes")) on "
      + counted(settings[threads], "thread")
    let addresses = address.shown(server)
    let hasOwnKey = address.givenKey == nil && !server.isLoopback
    guard !hasOwnKey || !isReadByOthers(STDOUT_FILENO, environment) else {
      return [
        what,
        "Served at \(address.shownWithoutKey(server).joined(separator: ", or at ")), for whoever has the key. "
          + "That is one of this start's own, which is written to nothing that others read: give "
          + "--key-file a file with a key, or --http a port of this machine alone.",
      ]
    }
    let who =
      address.givenKey != nil
      ? ", for whoever has the key" : hasOwnKey ? ", for whoever has the address" : ""
    var lines = [what, "Served\(who): \(style.apply(.bold, addresses.first ?? ""))"]
    if addresses.count > 1 {
      lines.append(
        style.apply(.dim, "or at " + addresses.dropFirst().joined(separator: ", or at ")))
    }
    return lines + ["Ctrl-C ends it."]
  }

  // MARK: Going on, and the end

  /// Serves until a signal comes.
  ///
  /// - Returns: whether all that had been asked by then was answered, before patience or another signal
  ///   ended it.
  private static func serve(
    _ server: HTTPServer, _ signals: SignalSource, timeoutSeconds: Int, name: String
  ) throws -> Bool {
    var manager = ServiceManager(environment)
    manager?.tellReady(status: "answers with \(name) at port \(server.port)")
    let done = Mailbox<Void>()
    var poller = Poller()
    let signal = poller.add(fileDescriptor: signals.fileDescriptor)
    let end = poller.add(fileDescriptor: done.fileDescriptor)
    var deadline: ContinuousClock.Instant?
    while deadline.map({ ContinuousClock.now < $0 }) ?? true {
      try poller.wait(timeoutMilliseconds: tickMilliseconds)
      manager?.tick(nanoseconds: MonotonicClock.now().nanoseconds)
      server.connections.end(idleSince: .now - .seconds(timeoutSeconds))
      if poller.isReady(end) { return true }
      guard poller.isReady(signal) else { continue }
      while signals.next() != nil {}
      // A second one ends it at once.
      guard deadline == nil else { return false }
      deadline = .now + endPatience
      manager?.tellStopping()
      server.beginToEnd { done.send(()) }
    }
    return false
  }
}
