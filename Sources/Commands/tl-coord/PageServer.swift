import CommandLine
import Glibc
import HTTP
import Monitoring
import Options
import RunFiles
import RunPage
import Threading
import ZeroMQ

/// The page of a run, served from two threads of its own: one follows the run from outside, as `monitor`
/// does, and the server's answers with what that one found last. A coordinator in this process has
/// no part in it, but for the questions that it answers.
final class PageServer {
  let feed: PageFeed
  /// Where it can be opened, with the key where there is one.
  let addresses: [String]
  /// The same without the key.
  let plainAddresses: [String]
  let hasKey: Bool
  /// Whether who started it knows the key.
  let hasGivenKey: Bool
  private let server: HTTPServer
  private let follower: NamedThread
  private let ending = Mailbox<Void>()
  private let firstLook = WorkQueue<Void>()

  private static let lookMilliseconds = 500
  /// The follower may be waiting for a disk or a coordinator.
  private static let endPatienceSeconds = 2

  /// Listens from now on. Throws where the address can't be used.
  ///
  /// - Parameter outcome: told of the run after each look; nil where nothing is classified here.
  init(
    _ directory: RunDirectory, at address: HostPort, _ settings: Settings, feed: PageFeed,
    outcome: OutcomeMaker? = nil
  ) throws {
    self.feed = feed
    let served = ServedAddress(
      address, key: try settings[PageOption.keyFile].map(PageOption.key(in:)))
    let server = try HTTPServer(
      host: address.host, port: address.port,
      admission: { served.admission(port: $0, isLoopback: $1) },
      handler: { request, _ in feed.site.answer(request) })
    self.server = server
    hasKey = !server.isLoopback
    hasGivenKey = served.givenKey != nil
    addresses = served.shown(server)
    plainAddresses = served.shownWithoutKey(server)
    let (ending, firstLook, connections) = (ending, firstLook, server.connections)
    follower = NamedThread(name: "page") {
      guard var watcher = try? RunWatcher(.run(directory), settings) else { return }
      var poller = Poller()
      let end = poller.add(fileDescriptor: ending.fileDescriptor)
      repeat {
        connections.end(idleSince: .now - .seconds(HTTPLimits().exchangeSeconds))
        var view: RunView
        do { view = try watcher.look() } catch {
          view = RunView(name: directory.name, phase: .stopped("\(error)"))
        }
        feed.take(view)
        outcome?.look(view)
        firstLook.add(())
        try? poller.wait(timeoutMilliseconds: Self.lookMilliseconds)
      } while !poller.isReady(end)
    }
  }

  /// Waits until the run has been looked at once.
  func waitForFirstLook() { _ = firstLook.take() }

  /// Whether somebody has asked for something within so many seconds.
  func isLookedAt(withinSeconds seconds: Int) -> Bool {
    server.connections.newestRequest.map { .now - $0 < .seconds(seconds) } ?? false
  }

  func stop() {
    ending.send(())
    follower.join(patienceSeconds: Self.endPatienceSeconds)
  }
}

/// The address of a page.
enum PageOption {
  static let keyFile = Option<String?>(
    "key-file", .text("FILE", expectation: "a file with a key"),
    "ask whoever comes over HTTP for the key in FILE: 16 to 256 letters, digits, - and _")

  /// The key in a file that nobody else may read.
  static func key(in path: String) throws(CommandLineError) -> String {
    let text = try readSecretFile(at: path)
    // A line's end of Windows is one character as well.
    let key = text.last?.isNewline == true ? String(text.dropLast()) : text
    let isKey = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isKey, (16...256).contains(key.utf8.count) else {
      throw CommandLineError(
        .configuration, "\(printable(path)) has no key of 16 to 256 letters, digits, - and _",
        advice: "Write one with 'openssl rand -hex 16', into a file that nobody else may read.")
    }
    return key
  }

  static let summaryOfKey = "an address that other machines reach asks for a key"

  static let start = Option<HostPort?>(
    "http", .pageAddress,
    "show the run as a page in a browser, and to Prometheus, while it goes on; a port alone means "
      + "this machine, \(summaryOfKey)")

  static let show = Option<HostPort>(
    "http", .pageAddress, default: HostPort(host: "127.0.0.1", port: 0),
    shown: "a free port of this machine",
    "where to serve the page; a port alone means this machine, \(summaryOfKey)")

  static let serve = Option<HostPort>(
    "http", .pageAddress, default: HostPort(host: "127.0.0.1", port: 8080),
    "where to serve; a port alone means this machine, \(summaryOfKey)")
}

extension ValueReader where Value == HostPort {
  /// An address to listen at; a port alone is one of this machine's own.
  static var pageAddress: Self {
    Self(
      placeholder: "[HOST:]PORT",
      expectation:
        "a port such as 8080, or an address such as 192.168.1.20:8080 (port 0 picks a free one)"
    ) { text in
      if text.hasPrefix(":") { return HostPort("127.0.0.1\(text)") }
      return HostPort(text) ?? HostPort("127.0.0.1:\(text)")
    }
  }
}
