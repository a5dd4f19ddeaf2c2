import Training

/// The values of a configuration, by the names of their options.
public enum ConfigurationField: String, CaseIterable, Hashable, Sendable {
  case data, backbone, run
  case epochs
  case batchSize = "batch-size"
  case optimizer
  case learningRate = "learning-rate"
  case schedule
  case weightDecay = "weight-decay"
  case momentum
  case labelSmoothing = "label-smoothing"
  case seed, validation, variants, precision, preprocess
  case listen
  case localWorkers = "local-workers"
  case workerThreads = "worker-threads"
  case minWorkers = "min-workers"
  case checkpointEvery = "checkpoint-every"
  case allowUndecodable = "allow-undecodable"
  case audit
  case progress

  /// Whether another value leads to another head. Such a value may not change on resume.
  public var decidesAnswer: Bool {
    switch self {
    case .epochs, .batchSize, .optimizer, .learningRate, .schedule, .weightDecay, .momentum,
      .labelSmoothing, .seed, .validation, .variants, .precision, .preprocess:
      true
    // The digests of data and backbone count, not their names.
    case .data, .backbone, .run, .listen, .localWorkers, .workerThreads, .minWorkers,
      .checkpointEvery, .allowUndecodable, .audit, .progress:
      false
    }
  }

  /// What values there may be, in words.
  public var allowed: String { coding.allowed }

  var coding: FieldCoding {
    switch self {
    case .data: .text(\.data)
    case .backbone: .text(\.backbone)
    case .run:
      .init(
        allowed: "a name of letters, digits, '.', '_' and '-'", read: { .string($0.run) },
        write: { configuration, value in
          guard let name = value.string, RunDirectory.isUsable(name: name) else { return false }
          configuration.run = name
          return true
        })
    case .epochs: .integer(\.epochs, 1...100_000)
    case .batchSize: .integer(\.batchSize, 1...1 << 20)
    case .optimizer: .choice(\.optimizer)
    case .learningRate: .double(\.learningRate, 0...1000, "above 0 and at most 1000") { $0 > 0 }
    case .schedule: .choice(\.schedule)
    case .weightDecay: .double(\.weightDecay, 0...1, "from 0 to 1")
    case .momentum: .double(\.momentum, 0...1, "from 0 to below 1") { $0 < 1 }
    case .labelSmoothing: .double(\.labelSmoothing, 0...1, "from 0 to below 1") { $0 < 1 }
    case .seed: .integer(\.seed, 0...UInt64.max)
    case .validation:
      .double(\.validation, 0...1, "between 0 and 1, exclusive") { $0 > 0 && $0 < 1 }
    case .variants: .integer(\.variants, 1...256)
    case .precision: .choice(\.precision)
    case .preprocess: .choice(\.preprocess)
    case .listen: .text(\.listen)
    case .localWorkers: .integer(\.localWorkers, 0...1024)
    case .workerThreads: .integer(\.workerThreads, 0...1024)
    case .minWorkers: .integer(\.minWorkers, 1...100_000)
    case .checkpointEvery: .double(\.checkpointEvery, 0...86_400, "from 0 to 86400 seconds")
    case .allowUndecodable: .boolean(\.allowUndecodable)
    case .audit: .double(\.audit, 0...1, "from 0 to 1")
    case .progress: .choice(\.progress)
    }
  }
}

/// How a field is read from a configuration and written to it.
struct FieldCoding {
  let allowed: String
  let read: (RunConfiguration) -> JSONValue
  /// False, without any change, where the value isn't allowed.
  let write: (inout RunConfiguration, JSONValue) -> Bool

  private typealias Path<Value> = WritableKeyPath<RunConfiguration, Value>

  static func text(_ path: WritableKeyPath<RunConfiguration, String>) -> FieldCoding {
    FieldCoding(
      allowed: "a text of 1 to 4096 bytes", read: { .string($0[keyPath: path]) },
      write: { configuration, value in
        guard let text = value.string, (1...4096).contains(text.utf8.count) else { return false }
        configuration[keyPath: path] = text
        return true
      })
  }

  static func integer<Integer: FixedWidthInteger>(
    _ path: WritableKeyPath<RunConfiguration, Integer>, _ range: ClosedRange<Integer>
  ) -> FieldCoding {
    FieldCoding(
      allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      read: { .integer($0[keyPath: path]) },
      write: { configuration, value in
        guard let number = value.integer(as: Integer.self), range.contains(number) else {
          return false
        }
        configuration[keyPath: path] = number
        return true
      })
  }

  static func double(
    _ path: WritableKeyPath<RunConfiguration, Double>, _ range: ClosedRange<Double>,
    _ allowed: String, where accepts: @escaping (Double) -> Bool = { _ in true }
  ) -> FieldCoding {
    FieldCoding(
      allowed: allowed, read: { .double($0[keyPath: path]) },
      write: { configuration, value in
        guard let number = value.double, range.contains(number), accepts(number) else {
          return false
        }
        configuration[keyPath: path] = number
        return true
      })
  }

  static func boolean(_ path: WritableKeyPath<RunConfiguration, Bool>) -> FieldCoding {
    FieldCoding(
      allowed: "true or false", read: { .boolean($0[keyPath: path]) },
      write: { configuration, value in
        guard let boolean = value.boolean else { return false }
        configuration[keyPath: path] = boolean
        return true
      })
  }

  static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ path: WritableKeyPath<RunConfiguration, Choice>
  ) -> FieldCoding {
    FieldCoding(
      allowed: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "),
      read: { .string($0[keyPath: path].rawValue) },
      write: { configuration, value in
        guard let name = value.string, let choice = Choice(rawValue: name) else { return false }
        configuration[keyPath: path] = choice
        return true
      })
  }
}
