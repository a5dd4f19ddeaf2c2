/// What the photographs of a dataset are for. A dataset that isn't split has all of them in
/// training; what validates is then chosen among them.
public enum Part: UInt8, CaseIterable, Comparable, Sendable {
  case training = 0
  case validation = 1
  /// Reported at the end, and used for nothing before.
  case test = 2

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Where the files of a dataset are. Validation and test may lie in folders of their own.
public struct DatasetFolders: Equatable, Sendable {
  public var training: String
  public var validation: String
  public var test: String

  /// All in one folder.
  public init(_ folder: String) { self.init(training: folder, validation: folder, test: folder) }

  public init(training: String, validation: String, test: String) {
    self.training = training
    self.validation = validation
    self.test = test
  }

  public subscript(part: Part) -> String {
    get {
      switch part {
      case .training: training
      case .validation: validation
      case .test: test
      }
    }
    set {
      switch part {
      case .training: training = newValue
      case .validation: validation = newValue
      case .test: test = newValue
      }
    }
  }

  public func path(of entry: Manifest.Entry) -> String { "\(self[entry.part])/\(entry.path)" }

  /// Where people look for an entry: relative to the dataset's folder, where it lies in that.
  public func shown(_ entry: Manifest.Entry) -> String { shown(entry.path, entry.part) }

  func shown(_ path: String, _ part: Part) -> String {
    self[part] == training ? path : "\(self[part])/\(path)"
  }
}
