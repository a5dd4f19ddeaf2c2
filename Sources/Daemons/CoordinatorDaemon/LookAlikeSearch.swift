import ClusterCore
import ClusterShell
import Manifest
import Threading
import Training

/// Looks for photographs that are measured on and look almost like trained ones, on threads of its
/// own, as soon as the features of all are there.
struct LookAlikeSearch: ~Copyable {
  private let photographs: PhotographFiles
  private let letters: Mailbox<CoordinatorLetter>
  private var threads: [Part: NamedThread] = [:]

  init(_ photographs: PhotographFiles, letters: Mailbox<CoordinatorLetter>) {
    self.photographs = photographs
    self.letters = letters
  }

  /// Looks at a part once, when it has been evaluated: then the features of all that is trained on and
  /// all of the part are kept. What it finds is told in a letter.
  mutating func search(_ part: Part, in shell: CoordinatorShell) {
    guard threads[part] == nil else { return }
    let plan = shell.core.plan
    let labels = photographs.manifest.entries
    func samples(_ samples: [SampleIndex]) -> [LookAlikes.Sample] {
      samples.compactMap { sample in
        shell.features(of: SampleVariant(sample: sample, variant: 0)).map {
          LookAlikes.Sample(index: sample, features: $0, label: labels[Int(sample)].classIndex)
        }
      }
    }
    let trained = samples(plan.training)
    let measured = samples(part == .test ? plan.test : plan.validation)
    let (photographs, letters) = (photographs, letters)
    threads[part] = NamedThread(name: "look-alikes") {
      let found = LookAlikes(trained: trained, measured: measured)
      guard !found.pairs.isEmpty else { return }
      letters.send(Self.letter(found, part, photographs))
    }
  }

  /// Waits until everything that was begun is told.
  mutating func join() {
    for thread in threads.values { thread.join() }
    threads = [:]
  }

  private static func letter(
    _ found: LookAlikes, _ part: Part, _ photographs: PhotographFiles
  ) -> CoordinatorLetter {
    let pairs = found.pairs.map { pair in
      "\(photographs.shown(pair.measured)) looks almost like \(photographs.shown(pair.trained))"
    }
    let share = "\(pairs.count) of \(found.lookedAtCount)"
    return .warning(
      "\(share) \(part == .test ? "test" : "validation") photographs look almost like one that is "
        + "trained on (\(pairs[0])): the accuracy may flatter. --group keeps photographs that belong "
        + "together on one side", findings: pairs)
  }
}
