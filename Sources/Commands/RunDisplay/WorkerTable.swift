import CommandLine
import Monitoring

/// The workers of a run as a table that fits its terminal.
struct WorkerTable {
  /// What a worker's row may have beside its name.
  private struct Column {
    let title: String
    let isNumber: Bool
    /// Which go first where there is no room: the highest.
    let dispensability: Int
    let text: (RunView.Worker) -> String
  }

  private let columns: [Column]
  /// The names have so many columns of the terminal.
  private let nameColumns: Int
  private let workers: [RunView.Worker]
  private let style: TextStyle

  /// A name that is cut to less tells nobody apart.
  private static let nameColumnsMin = 10
  private static let gap = 2

  init(_ workers: [RunView.Worker], _ style: TextStyle) {
    self.workers = workers
    self.style = style
    var columns = [
      Column(title: "threads", isNumber: true, dispensability: 1) { String($0.threads) },
      Column(title: "state", isNumber: false, dispensability: 0) { $0.condition },
    ]
    if workers.contains(where: { $0.silentSeconds != nil }) {
      columns.append(
        Column(title: "last seen", isNumber: true, dispensability: 0) { seenText($0) })
    }
    if workers.contains(where: { $0.held != nil || $0.leases != nil }) {
      columns += [
        Column(title: "samples", isNumber: true, dispensability: 2) { number($0.held) },
        Column(title: "in hand", isNumber: true, dispensability: 3) { number($0.leases) },
      ]
    }
    // The last column of a terminal stays free.
    func left(_ columns: [Column]) -> Int {
      style.columns - 1
        - columns.reduce(0) { sum, column in
          sum + Self.gap
            + (workers.map { columnCount(of: column.text($0)) } + [column.title.count]).max()!
        }
    }
    while left(columns) < Self.nameColumnsMin,
      let place = columns.indices.max(by: {
        columns[$0].dispensability < columns[$1].dispensability
      }), columns[place].dispensability > 0
    {
      columns.remove(at: place)
    }
    nameColumns = max(left(columns), Self.nameColumnsMin)
    self.columns = columns
  }

  /// The title and a line for each worker.
  var lines: [String] {
    let rows = workers.map { worker in
      [shortened(printable(worker.name))] + columns.map { $0.text(worker) }
    }
    let right = columns.indices.filter { columns[$0].isNumber }.map { $0 + 1 }
    let lines = table(
      [["worker"] + columns.map(\.title)] + rows, alignRight: Set(right), style)
    return zip(lines, [nil] + workers.map(Optional.init)).map { line, worker in
      guard let worker, worker.isSilent || worker.isGone else { return line }
      return style.apply(worker.isSilent ? .yellow : .dim, line)
    }
  }

  /// Names of machines differ at their ends: of a long one the middle is left out.
  private func shortened(_ name: String) -> String {
    name.count > nameColumns ? printable(name, lengthMax: nameColumns - 3) : name
  }
}

/// When the coordinator last heard of a worker.
private func seenText(_ worker: RunView.Worker) -> String {
  guard let seconds = worker.silentSeconds else { return "-" }
  return worker.isSilent || worker.isGone ? "\(duration(seconds: seconds)) ago" : "now"
}

private func number(_ value: Int?) -> String { value.map { formatted($0) } ?? "-" }

extension RunView {
  /// As many workers as there is room for, whoever is silent before all others.
  func workerLines(_ style: TextStyle, countMax: Int) -> [String] {
    guard !workers.isEmpty else { return [] }
    let all = workersByUrgency
    var lines = [""] + WorkerTable(Array(all.prefix(countMax)), style).lines
    if all.count > countMax { lines.append("and \(formatted(all.count - countMax)) more") }
    return lines
  }
}
