import Synchronization
import Threading

/// The files of the demo dataset in a folder.
struct DemoDataset: Sendable {
  var folder: String
  let seed: UInt64
  let photographsPerClass: Int

  var total: Int { DemoFlowers.classes.count * photographsPerClass }

  /// Photographs are numbered through the classes in turn.
  func className(of index: Int) -> String {
    DemoFlowers.classes[index % DemoFlowers.classes.count]
  }

  func number(of index: Int) -> Int { index / DemoFlowers.classes.count }

  func path(of index: Int) -> String {
    // Three digits: below 1,000 names sort as numbers do.
    "\(folder)/\(className(of: index))/\(String(1000 + number(of: index)).dropFirst()).jpg"
  }

  /// Whether no file is missing or empty.
  var isWhole: Bool { (0..<total).allSatisfy { Folder.holdsFile(path(of: $0)) } }

  /// Removes the files and folders of the dataset, and nothing else.
  func remove() {
    removeFiles()
    Folder.remove(folders: DemoFlowers.classes.map { "\(folder)/\($0)" } + [folder])
  }

  func removeFiles() {
    Folder.remove(files: (0..<total).map { path(of: $0) })
  }

  /// Paints all photographs into the folder, which is made; `progress` is called on this thread.
  func paint(
    threads: Int, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(DemoFlowersError) {
    for name in DemoFlowers.classes { try Folder.create("\(folder)/\(name)") }
    let work = Painting(self)
    let helpers = (1..<max(1, threads)).map { number in
      NamedThread(name: "tl-paint-\(number)") {
        while work.paintNext() {}
      }
    }
    while work.paintNext() { progress(work.done, total) }
    for helper in helpers { helper.join() }
    if let error = work.error { throw error }
    progress(total, total)
  }
}

/// The photographs that several threads paint, each taking the next one that nobody has.
private final class Painting: Sendable {
  private struct State {
    var done = 0
    var error: DemoFlowersError?
  }

  private let dataset: DemoDataset
  private let next = Atomic<Int>(0)
  private let state = Mutex(State())

  init(_ dataset: DemoDataset) {
    self.dataset = dataset
  }

  var done: Int { state.withLock { $0.done } }
  var error: DemoFlowersError? { state.withLock { $0.error } }

  /// Paints one more photograph; false if none is left or one has failed.
  func paintNext() -> Bool {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    guard index < dataset.total, error == nil else { return false }
    do throws(DemoFlowersError) {
      let file = try DemoFlowers.photograph(
        className: dataset.className(of: index), number: dataset.number(of: index),
        seed: dataset.seed)
      try Folder.write(file, to: dataset.path(of: index))
      state.withLock { $0.done += 1 }
    } catch {
      state.withLock { if $0.error == nil { $0.error = error } }
    }
    return true
  }
}
