import ClusterCore
import CommandLine
import Monitoring
import RunDisplay
import Testing

/// What people read of a run for which nobody works.
@Suite struct WaitingTests {
  private func narrator(localWorkers: Int) -> RunNarrator {
    var narrator = RunNarrator(run: "run", localWorkers: localWorkers, style: .plain)
    _ = narrator.tell(
      .invitation(
        Invitation(listen: "192.0.2.1:5555", advertised: nil, token: "tl1_x", isInsecure: false)))
    return narrator
  }

  /// - Parameter workers: whether each of them serves.
  private func status(at seconds: Double, _ workers: [Bool] = []) -> RunEvent {
    .status(
      StatusReply(
        run: "run",
        progress: CoordinatorSummary(
          step: 0, stepsTotal: 12, epoch: 0, epochsTotal: 3, samples: 50, featuresKept: 0,
          featuresTotal: 50, undecodable: 0, workersServing: UInt32(workers.count { $0 })),
        trainLoss: 0, stepsPerSecond: 0, imagesPerSecond: 0, validationAccuracy: -1,
        validationBalancedAccuracy: -1, elapsedSeconds: seconds,
        workers: workers.map {
          WorkerStatus(
            name: "w", threads: 1, isServing: $0, leases: 0, held: 0, silentMilliseconds: 0)
        }))
  }

  @Test func `it is said once, with the command that helps`() {
    var narrator = narrator(localWorkers: 0)
    let lines = (0..<100).map { narrator.tell(status(at: Double($0) / 4)).lines }
    #expect(
      lines.flatMap(\.self) == [
        "The run waits for workers: none is here; one joins with: tl-worker join 192.0.2.1:5555 "
          + "--token tl1_x"
      ])
    #expect(lines.firstIndex { !$0.isEmpty }! <= 20, "within five seconds")
  }

  @Test func `it is said again when all who came have gone`() {
    var narrator = narrator(localWorkers: 0)
    let states: [[Bool]] = [[], [true], [], [], [true]]
    let lines = states.enumerated().flatMap { turn, workers in
      (0..<10).flatMap { narrator.tell(status(at: Double(turn * 10 + $0), workers)).lines }
    }
    #expect(lines.count == 2, "\(lines)")
  }

  @Test func `workers that are on their way are waited for in silence`() {
    var joining = narrator(localWorkers: 0)
    #expect((0..<60).allSatisfy { joining.tell(status(at: Double($0), [false])).lines.isEmpty })
    var local = narrator(localWorkers: 2)
    #expect((0..<10).allSatisfy { local.tell(status(at: Double($0))).lines.isEmpty })
    #expect((10..<30).contains { !local.tell(status(at: Double($0))).lines.isEmpty })
  }
}
