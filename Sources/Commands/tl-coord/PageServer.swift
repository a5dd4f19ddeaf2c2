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
