/// What workers say of a subject and the coordinator looks into itself, while it does.
struct Complaints<Subject: Hashable & Sendable>: Sendable {
  struct Complaint: Sendable {
    /// Who said so, in the order in which they did, and is to blame if it isn't true.
    fileprivate(set) var workers: [WorkerID]
    /// What the first of them said.
    fileprivate(set) var reason: String
    /// Whether the run was taken back since.
    fileprivate(set) var isVoid = false
  }

  private var open: [Subject: Complaint] = [:]

  func contains(_ subject: Subject) -> Bool { open[subject] != nil }

  /// Returns whether it is the first of this subject, so that it has to be looked into.
  ///
  /// - Parameter worker: nil where nobody is to blame if it isn't true.
  mutating func add(_ subject: Subject, by worker: WorkerID?, reason: String) -> Bool {
    guard let earlier = open[subject] else {
      open[subject] = Complaint(workers: worker.map { [$0] } ?? [], reason: reason)
      return true
    }
    if let worker, !earlier.workers.contains(worker) {
      if earlier.workers.isEmpty { open[subject]?.reason = reason }
      open[subject]?.workers.append(worker)
    }
    return false
  }

  /// The coordinator knows what is true of the subject.
  mutating func settle(_ subject: Subject) -> Complaint {
    guard let complaint = open.removeValue(forKey: subject) else {
      preconditionFailure("an answer to a question that was asked")
    }
    return complaint
  }

  /// The run was taken back: what is looked into no longer matters.
  mutating func voidAll() {
    for subject in Array(open.keys) { open[subject]?.isVoid = true }
  }
}
