/// What people are told of a worker that lied.
public func faultDescription(worker: String, id: UInt64, reason: String) -> String {
  "worker \(worker.isEmpty ? "" : worker + " ")(\(workerName(id))) gave wrong answers and is refused: \(reason)"
}

extension RunDirectory {
  /// The workers that an audit found out, by their numbers, as the progress log names them. That a
  /// part of the log is void doesn't make them honest.
  public func faultyWorkers() throws(RunFilesError) -> Set<UInt64> {
    var reader = ProgressReader(path: progressPath)
    var faultyWorkers: Set<UInt64> = []
    for line in try reader.next() {
      if case .workerFaulty(_, let id, _) = line.event { faultyWorkers.insert(id) }
    }
    return faultyWorkers
  }
}

/// How logs and checkpoints write a worker's number: 16 hexadecimal digits.
func workerName(_ number: UInt64) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

func worker(named name: some StringProtocol) -> UInt64? {
  guard name.utf8.count == 16 else { return nil }
  return UInt64(name, radix: 16)
}
