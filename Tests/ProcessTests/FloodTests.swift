import ClusterCore
import Foundation
import Glibc
import RunFiles
import TestSupport
import Testing
import Wire
import ZeroMQ

/// What somebody who is let in may send to fill a coordinator, with a port that lets in everybody.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FloodTests {
  @Test func `a message that never ends is cut off before it fills the memory`() throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "endless", ["--insecure"])
    let stranger = try PlainConnection(try coordinator.address())
    let before = try memoryPeak(of: coordinator.command)
    // Empty frames with "more to come": two bytes each on the way, 64 in libzmq's memory.
    let frames = [UInt8](repeating: 0, count: 1 << 20).enumerated().map {
      UInt8(($0.offset + 1) % 2)
    }
    var sentMegabytes = 0
    while sentMegabytes < 256, stranger.send(frames) { sentMegabytes += 1 }
    #expect(sentMegabytes < 256, "nobody hung up")
    let growth = try memoryPeak(of: coordinator.command) - before
    #expect(growth < 1 << 30, "\(growth >> 20) MiB")
    let worker = try cluster.startWorker(try coordinator.address())
    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    #expect(try worker.waitForExit().exitCode == 0)
  }

  @Test func `garbage ends its connection and fills no log`() throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "garbage", ["--insecure"])
    for _ in 0..<5 {
      let stranger = try PlainConnection(try coordinator.address())
      let frames = [UInt8]((0..<300_000).map { [0, 1, 0xff][$0 % 3] })
      var isOpen = true
      for _ in 0..<200 where isOpen { isOpen = stranger.send(frames) }
      #expect(!isOpen, "nobody hung up")
    }
    let worker = try cluster.startWorker(try coordinator.address())
    let expected = try Cluster.undisturbedHead.get()
    #expect(try coordinator.finishedHead() == expected)
    #expect(try worker.waitForExit().exitCode == 0)
    let told = try cluster.log(run: "garbage").filter {
      if case .warning = $0.event { true } else { false }
    }
    #expect(told.count <= 10, "\(told)")
  }

  @Test func `a status that is asked for and never read fills no memory`() throws {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "onlooker", ["--insecure"])
    let before = try memoryPeak(of: coordinator.command)
    let question = Envelope(incarnation: .none, session: .none, message: WorkerMessage.status)
      .encoded()
    let questions = [[UInt8]](repeating: [0, UInt8(question.count)] + question, count: 1_000)
      .flatMap(\.self)
    let onlookers = try (0..<4).map { _ in try PlainConnection(try coordinator.address()) }
    for onlooker in onlookers { for _ in 0..<25 { _ = onlooker.send(questions) } }
    let worker = try cluster.startWorker(try coordinator.address())
    let expected = try Cluster.undisturbedHead.get()
    let growth = try memoryPeak(of: coordinator.command) - before
    #expect(growth < 64 << 20, "\(growth >> 20) MiB")
    #expect(try coordinator.finishedHead() == expected)
    #expect(try worker.waitForExit().exitCode == 0)
  }

  /// The most memory that a process has had resident, in bytes.
  private func memoryPeak(of command: RunningCommand) throws -> Int {
    let status = try String(
      contentsOfFile: "/proc/\(command.processIdentifier)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    let digits = line.filter(\.isNumber)
    return try #require(Int(digits)) * 1_024
  }
}

/// A connection that speaks ZMTP by hand, as a dealer without encryption.
private final class PlainConnection {
  private let descriptor: Int32

  init(_ address: String) throws {
    let port = try Endpoint(address).port
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    // Safe: the structure is the one that its family has.
    let result = unsafe withUnsafePointer(to: &place) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0, "no connection: \(errno)")
    let greeting: [UInt8] =
      [0xff] + [UInt8](repeating: 0, count: 8) + [0x7f, 3, 0] + Array("NULL".utf8)
      + [UInt8](repeating: 0, count: 48)
    let property: [UInt8] = [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)
    let ready: [UInt8] = [5] + Array("READY".utf8) + property
    try #require(send(greeting + [4, UInt8(ready.count)] + ready))
  }

  deinit { close(descriptor) }

  /// - Returns: whether the other side still takes it.
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      // Safe: the rest of the array.
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(
          descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
