import Glibc
import Images
import Synchronization
import Threading

/// The built-in dataset: photographs of flowers that no camera took. Nothing needs to be downloaded
/// and nothing of it belongs to anyone else.
///
/// The same seed and version paint the same files, byte for byte, wherever libjpeg-turbo encodes
/// alike: painting uses only operations that IEEE 754 rounds correctly.
public enum DemoFlowers {
  /// Raised by whatever changes the pictures.
  public static let version = 1
  /// The names of the classes, sorted.
  public static let classes = FlowerKind.allCases.map(\.rawValue)
  /// The photographs of each class.
  public static let photographsPerClass = 200

  /// The folder with a subfolder for each class, painted into `cacheFolder` unless it is there
  /// already; returns its path.
  ///
  /// Painting takes a few seconds, on `threads` threads, of which the caller's is one; `progress` is
  /// told on the caller's thread how many photographs of how many are done. The folder appears
  /// whole or not at all; of two processes that paint it at once the first one's stays. One that
  /// has lost files, be it to a power failure or to a person, is painted anew.
  public static func prepare(
    in cacheFolder: String, seed: UInt64, threads: Int = processorCount,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(DemoFlowersError) -> String {
    let folder = "\(cacheFolder)/demo-flowers-\(version)-seed-\(seed)"
    if isWhole(folder) { return folder }
    remove(folder)
    try Folder.create(cacheFolder)
    let draft = "\(folder).\(getpid())-\(UInt64.random(in: 0 ... .max)).partial"
    do throws(DemoFlowersError) {
      for name in classes { try Folder.create("\(draft)/\(name)") }
      try paint(into: draft, seed: seed, threads: threads, progress: progress)
      try Folder.publish(draft, as: folder)
    } catch {
      remove(draft)
      // Another process may have been faster.
      guard isWhole(folder) else { throw error }
    }
    return folder
  }

  /// One photograph as a JPEG file; `number` is below `photographsPerClass`, and `className` is one
  /// of `classes`.
  public static func photograph(
    className: String, number: Int, seed: UInt64
  ) throws(DemoFlowersError) -> [UInt8] {
    guard let kind = FlowerKind(rawValue: className) else {
      preconditionFailure("no demo flower is called \(className)")
    }
    let (picture, quality) = Scene.paint(kind, seed: seed, number: number)
    do throws(ImageError) {
      return try encodeJPEG(picture, quality: quality)
    } catch {
      throw .notEncodable(error)
    }
  }

  /// As many threads as the machine runs at once.
  public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// The paths of all photographs.
  private static func paths(in folder: String) -> [String] {
    (0..<classes.count * photographsPerClass).map { path(of: $0, in: folder) }
  }

  /// Photographs are numbered through the classes in turn, so that progress is the same in each.
  fileprivate static func path(of index: Int, in folder: String) -> String {
    // Three digits: below 1,000 names sort as numbers do.
    let digits = String(1000 + index / classes.count).dropFirst()
    return "\(folder)/\(classes[index % classes.count])/\(digits).jpg"
  }

  private static func isWhole(_ folder: String) -> Bool {
    paths(in: folder).allSatisfy(Folder.holdsFile)
  }

  private static func remove(_ folder: String) {
    Folder.remove(files: paths(in: folder), folders: classes.map { "\(folder)/\($0)" } + [folder])
  }

  private static func paint(
    into folder: String, seed: UInt64, threads: Int, progress: (Int, Int) -> Void
  ) throws(DemoFlowersError) {
    let total = classes.count * photographsPerClass
    let work = Painting(folder: folder, seed: seed, total: total)
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

  private let folder: String
  private let seed: UInt64
  private let total: Int
  private let next = Atomic<Int>(0)
  private let state = Mutex(State())

  init(folder: String, seed: UInt64, total: Int) {
    self.folder = folder
    self.seed = seed
    self.total = total
  }

  var done: Int { state.withLock { $0.done } }
  var error: DemoFlowersError? { state.withLock { $0.error } }

  /// Paints one more photograph; false if none is left or one has failed.
  func paintNext() -> Bool {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    guard index < total, error == nil else { return false }
    let className = DemoFlowers.classes[index % DemoFlowers.classes.count]
    let number = index / DemoFlowers.classes.count
    do throws(DemoFlowersError) {
      let file = try DemoFlowers.photograph(className: className, number: number, seed: seed)
      try Folder.write(file, to: DemoFlowers.path(of: index, in: folder))
      state.withLock { $0.done += 1 }
    } catch {
      state.withLock { if $0.error == nil { $0.error = error } }
    }
    return true
  }
}
