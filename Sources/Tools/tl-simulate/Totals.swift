import ClusterSimulation

/// What a number of schedules came to.
struct Totals: CustomStringConvertible {
  private var schedules = 0
  private var virtualSeconds = 0.0
  private var messages = 0
  private var steps = 0
  private var faults = 0
  private var rollbacks = 0
  private var incarnations = 0

  mutating func add(_ report: Simulation.Report) {
    schedules += 1
    virtualSeconds += report.virtualSeconds
    messages += report.messages
    steps += report.steps
    faults += report.faults
    rollbacks += report.rollbacks
    incarnations += report.incarnations
  }

  var description: String {
    """
    \(schedules) schedules, \(faults) faults, \(rollbacks) rollbacks, \(incarnations) coordinators, \(steps) steps, \
    \(messages) messages, \(Int(virtualSeconds)) virtual seconds
    """
  }
}
