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
    _ = try concurrentMap(
      count: total, threads: threads, name: "tl-paint", progress: { progress($0, total) },
      compute: { (index) throws(DemoFlowersError) in
        let file = try DemoFlowers.photograph(
          className: className(of: index), number: number(of: index), seed: seed)
        try Folder.write(file, to: path(of: index))
      })
  }
}
