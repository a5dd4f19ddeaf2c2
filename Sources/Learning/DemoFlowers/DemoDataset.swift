import Files
import Glibc
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
  var isWhole: Bool { (0..<total).allSatisfy { (byteCount(ofFile: path(of: $0)) ?? 0) > 0 } }

  /// Removes the files and folders of the dataset, and nothing else.
  func remove() {
    removeFiles()
    // What can't be removed stays: it is in nobody's way.
    for path in DemoFlowers.classes.map({ "\(folder)/\($0)" }) + [folder] {
      unsafe rmdir(path)
    }
  }

  func removeFiles() {
    for index in 0..<total { unsafe unlink(path(of: index)) }
  }

  /// Paints all photographs into the folder, which is made; `progress` is called on this thread.
  func paint(
    threads: Int, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(DemoFlowersError) {
    for name in DemoFlowers.classes {
      try written { () throws(SystemError) in try makeFolders("\(folder)/\(name)") }
    }
    _ = try concurrentMap(
      count: total, threads: threads, name: "tl-paint", progress: { progress($0, total) },
      compute: { (index) throws(DemoFlowersError) in
        let file = try DemoFlowers.photograph(
          className: className(of: index), number: number(of: index), seed: seed)
        let path = path(of: index)
        try written { () throws(SystemError) in
          let files = LinuxFileSystem()
          try files.withDescriptor(path, O_WRONLY | O_CREAT | O_EXCL) {
            (descriptor) throws(SystemError) in
            try files.writeAll(file, to: descriptor, path: path)
          }
        }
      })
  }
}
