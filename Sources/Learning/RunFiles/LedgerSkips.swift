/// Which samples a run did without in which step and evaluation, as its log tells.
///
/// What a coordinator does without once it does without as long as it goes on; another one, or a rollback,
/// begins anew, and tells again of those that it does without.
public struct LedgerSkips: Equatable, Sendable {
  /// What was told between two beginnings.
  private struct Segment: Equatable {
    var start: UInt64
    /// By sample, the first step that does without it, and whether the evaluation before it does already.
    var from: [UInt32: (step: UInt64, isEvaluation: Bool)] = [:]

    static func == (left: Segment, right: Segment) -> Bool {
      left.start == right.start && left.from.count == right.from.count
        && left.from.allSatisfy { key, value in right.from[key].map { $0 == value } ?? false }
    }
  }

  private var segments = [Segment(start: 0)]
  /// Those that the steps are of, by their places, in the order of their starts.
  private var active = [0]
  /// By the step before which it was made, the segment of the newest evaluation.
  private var evaluations: [UInt64: Int] = [:]

  public init() {}

  /// Whether nothing was ever skipped.
  public var isEmpty: Bool { segments.allSatisfy { $0.from.isEmpty } }

  /// The step to go back to, or to an earlier one, for the run to be what it would have been; nil where it
  /// did without nothing.
  public var stepBefore: UInt64? {
    var steps: [UInt64] = []
    for (number, place) in active.enumerated() {
      let end = number + 1 < active.count ? segments[active[number + 1]].start : .max
      for from in segments[place].from.values
      where from.step < end || from.isEvaluation && from.step == end {
        steps.append(from.isEvaluation && from.step > 0 ? from.step - 1 : from.step)
      }
    }
    return steps.min()
  }

  /// Another coordinator, or the same after a rollback, goes on from a step.
  mutating func begin(at step: UInt64) {
    active.removeAll { segments[$0].start >= step }
    active.append(segments.count)
    segments.append(Segment(start: step))
  }

  mutating func take(_ skipped: SkippedSamples) {
    for sample in skipped.samples where segments[segments.count - 1].from[sample] == nil {
      segments[segments.count - 1].from[sample] = (skipped.fromStep, skipped.isEvaluation)
    }
  }

  /// An evaluation was made before a step.
  mutating func evaluated(before step: UInt64) { evaluations[step] = segments.count - 1 }

  /// Whether a step did without a sample.
  public func skips(_ sample: UInt32, inStep step: UInt64) -> Bool {
    guard let place = active.last(where: { segments[$0].start <= step }),
      let from = segments[place].from[sample]
    else { return false }
    return from.step <= step
  }

  /// Whether the evaluation before a step did without a sample.
  public func skips(_ sample: UInt32, inEvaluationBefore step: UInt64) -> Bool {
    guard let place = evaluations[step], let from = segments[place].from[sample] else {
      return false
    }
    return from.step < step || from.step == step && from.isEvaluation
  }
}
