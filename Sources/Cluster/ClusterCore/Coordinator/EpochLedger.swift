/// Proves, epoch by epoch, that each training sample is counted or skipped exactly once.
///
/// Every count passes through here; a second one is a bug of the coordinator and stops it before
/// the head is spoilt.
struct EpochLedger: Sendable {
  /// By sample: 1 + the epoch that counted or skipped it last; 0 before the first.
  private var lastEpoch: [UInt32]

  init(sampleCount: Int) { lastEpoch = Array(repeating: 0, count: sampleCount) }

  /// The samples are counted or skipped in this epoch.
  mutating func enter(_ samples: [SampleIndex], epoch: UInt32) {
    for sample in samples {
      precondition(lastEpoch[Int(sample)] != epoch + 1, "a sample counts once in an epoch")
      lastEpoch[Int(sample)] = epoch + 1
    }
  }

  /// The samples were counted or skipped in this epoch, all of them.
  func close(_ samples: [SampleIndex], epoch: UInt32) {
    for sample in samples {
      precondition(lastEpoch[Int(sample)] == epoch + 1, "every sample counts in an epoch")
    }
  }
}
