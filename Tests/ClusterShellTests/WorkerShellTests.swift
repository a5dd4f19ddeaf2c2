import ClusterCore
import ClusterShell
import Digest
import Testing

/// What a worker keeps from one session to the next.
@Suite struct `A worker between two sessions` {
  private static let terms = WorkerTerms(
    manifest: .sha256([2]), backbone: .sha256([3]), normalization: "inception",
    preprocessingVersion: 1, fit: "crop", precision: "fp32", classCount: 2, featureCount: 4,
    labelSmoothing: 0)

  /// Whether it fetches the backbone anew where the next coordinator has these terms.
  private func fetchesBackbone(after change: (inout WorkerTerms) -> Void) throws -> Bool {
    var shell = WorkerShell(
      core: Worker(
        identity: WorkerIdentity(
          id: WorkerID(number: 1), name: "one", threads: 1, softwareVersion: "0",
          retryMaxNanoseconds: .max), at: Instant(nanoseconds: 0)))
    var now = Instant(nanoseconds: 1)
    func welcome(_ terms: WorkerTerms, attempt: UInt64) throws -> Bool {
      let effects = shell.receive(
        .received(
          Envelope(
            incarnation: Incarnation(high: attempt, low: 1), session: Session(number: 1),
            message: .welcome(Welcome(attempt: attempt, terms: terms)))), at: now)
      let answers: [Bool] = effects.compactMap {
        if case .fetchObjects(_, _, let needsBackbone) = $0 { needsBackbone } else { nil }
      }
      return try #require(answers.first as Bool?)
    }
    _ = shell.receive(.started, at: now)
    #expect(try welcome(Self.terms, attempt: 1))
    let catalog = SampleCatalog(
      digest: Self.terms.manifest, contents: [.sha256([4]), .sha256([5])], labels: [0, 1])
    _ = shell.use(catalog, at: now)
    _ = shell.use(backbone: Self.terms.backbone, at: now)
    _ = shell.receive(.disconnected, at: now)
    for _ in 0..<20 {
      now = now.advanced(byNanoseconds: Limits.tickIntervalNanoseconds)
      _ = shell.receive(.tick, at: now)
    }
    var next = Self.terms
    change(&next)
    return try welcome(next, attempt: 2)
  }

  @Test func `uses its backbone again, but not for another way to make features`() throws {
    #expect(try !fetchesBackbone { _ in })
    #expect(try !fetchesBackbone { $0.labelSmoothing = 0.1 })
    #expect(try fetchesBackbone { $0.backbone = .sha256([9]) })
    #expect(try fetchesBackbone { $0.normalization = "imagenet" })
    #expect(try fetchesBackbone { $0.fit = "pad" })
  }
}
