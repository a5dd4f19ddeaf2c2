import ClusterCore
import Testing

@Suite struct `Features that a worker was given` {
  let harness = WorkerHarness()

  @Test func `serve shares, and are no answer to a lease`() {
    harness.serve()
    harness.hearLease(harness.item(3), withFeatures: true)
    let share = harness.share(1, [3])
    harness.hear(.step(share))
    #expect(harness.actions == [.computeShare(share, .step)])
    harness.hearLease(harness.item(3))
    #expect(harness.actions == [.fetchPhotograph(harness.item(3))], "it computes them itself")
    harness.deliver(
      .shareComputed(.gradient(GradientAnswer(share: share.id, count: 1, correct: 0, lossSum: 0))))
    harness.deliver(.photographReady(harness.item(3)))
    harness.deliver(.featuresReady(harness.item(3)))
    #expect(harness.sent == [.features(Features(item: harness.item(3)))])
    harness.hearLease(harness.item(3))
    #expect(harness.sent == [.features(Features(item: harness.item(3)))], "now they are its own")
  }

  @Test func `don't end the forward pass under way`() {
    harness.serve()
    harness.hearLease(harness.item(3))
    harness.deliver(.photographReady(harness.item(3)))
    harness.hearLease(harness.item(3), withFeatures: true)
    #expect(harness.actions == [.keepFeatures(harness.item(3))])
    harness.deliver(.featuresReady(harness.item(3)))
    #expect(harness.sent == [.features(Features(item: harness.item(3)))])
  }
}
