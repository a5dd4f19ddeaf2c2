import Digest
import Foundation
import RunFiles
import Testing
import Training

private func text(_ configuration: RunConfiguration) -> String {
  String(decoding: configuration.encoded(), as: UTF8.self)
}

private func read(_ text: String) throws(RunFilesError) -> RunConfiguration {
  try RunConfiguration(decoding: Array(text.utf8), path: "config.json")
}

struct RunConfigurationTests {
  @Test func `a configuration comes back with the origin of each value`() throws {
    var configuration = testConfiguration(optimizer: .sgd)
    configuration.seed = .max
    configuration.validation = 0.1
    configuration.precision = .int8
    configuration.schedule = .cosine
    configuration.allowUndecodable = true
    configuration.origins = [.seed: .flag, .validation: .environment, .precision: .file]
    #expect(try read(text(configuration)) == configuration)
    configuration.inputs = nil
    #expect(try read(text(configuration)) == configuration)
    #expect(configuration.origin(of: .seed) == .flag)
    #expect(configuration.origin(of: .epochs) == .default)
    #expect(text(configuration).contains("\"seed\": {\n      \"value\": 18446744073709551615,"))
  }

  @Test func `unknown members, options and versions are refused by name`() throws {
    let whole = text(testConfiguration())
    for (old, new, name) in [
      ("\"epochs\": {", "\"epoch\": {", "unknown option 'epoch'"),
      ("\"manifest_sha256\"", "\"manifest\"", "unknown member 'manifest'"),
      ("\"from\": \"default\"", "\"by\": \"default\"", "unknown member 'by' of option 'data'"),
      ("\"from\": \"default\"", "\"from\": \"moon\"", "option 'data' doesn't say where it is from"),
      ("\"format_version\": 1", "\"format_version\": 2", "has format version 2"),
      ("\"format_version\": 1,", "", "no format_version"),
      ("\"value\": 6,", "\"value\": 0,", "epochs is 0, but must be a whole number from 1"),
      ("\"value\": 6,", "\"value\": 6.5,", "epochs is 6.5"),
      ("\"value\": 6,", "\"value\": \"6\",", "epochs is \"6\""),
      ("\"value\": 6,", "", "epochs is null"),
      ("\"value\": \"adam\"", "\"value\": \"adagrad\"", "must be one of adam, sgd"),
      ("\"value\": \"test\"", "\"value\": \"../test\"", "run is \"../test\""),
      ("\"value\": 0.3,", "\"value\": 1,", "validation is 1, but must be between 0 and 1"),
      ("\"\(testInputs.manifest)\"", "\"12\"", "must be 64 hexadecimal digits"),
      ("{", "[", "not JSON"),
    ] {
      let spoiled = whole.replacingFirst(old, with: new)
      #expect(spoiled != whole, "\(old) is in the text")
      let error = #expect(throws: RunFilesError.self, "\(new)") { try read(spoiled) }
      #expect(error?.code == .configuration && error!.description.contains(name), "\(error!)")
    }
  }

  @Test func `a configuration that ends at any place is refused`() throws {
    let bytes = testConfiguration().encoded()
    for count in 0..<bytes.count - 2 {
      let error = #expect(throws: RunFilesError.self) {
        try RunConfiguration(decoding: Array(bytes[..<count]), path: "config.json")
      }
      #expect(error?.code == .configuration)
    }
  }

  @Test func `an option that is missing has its default`() throws {
    let whole = text(testConfiguration())
    let start = try #require(whole.range(of: "    \"variants\""))
    let end = try #require(whole.range(of: "    \"precision\""))
    let read = try read(whole.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: ""))
    #expect(read == testConfiguration())
  }

  @Test func `each value that decides the answer is a difference, and no other is`() throws {
    let before = testConfiguration()
    let changes: [(ConfigurationField, (inout RunConfiguration) -> Void)] = [
      (.data, { $0.data = "x" }), (.backbone, { $0.backbone = "x" }), (.run, { $0.run = "x" }),
      (.epochs, { $0.epochs = 7 }), (.batchSize, { $0.batchSize = 7 }),
      (.optimizer, { $0.optimizer = .sgd }), (.learningRate, { $0.learningRate = 7 }),
      (.schedule, { $0.schedule = .cosine }), (.weightDecay, { $0.weightDecay = 0.1 }),
      (.momentum, { $0.momentum = 0.7 }), (.labelSmoothing, { $0.labelSmoothing = 0.7 }),
      (.seed, { $0.seed = 7 }), (.validation, { $0.validation = 0.7 }),
      (.variants, { $0.variants = 7 }),
      (.precision, { $0.precision = $0.precision == .int8 ? .fp32 : .int8 }),
      (.preprocess, { $0.preprocess = .imagenet }), (.listen, { $0.listen = "x" }),
      (.localWorkers, { $0.localWorkers = 7 }), (.workerThreads, { $0.workerThreads = 7 }),
      (.minWorkers, { $0.minWorkers = 7 }), (.checkpointEvery, { $0.checkpointEvery = 7 }),
      (.allowUndecodable, { $0.allowUndecodable = true }), (.audit, { $0.audit = 0.7 }),
      (.progress, { $0.progress = .json }),
    ]
    #expect(Set(changes.map(\.0)) == Set(ConfigurationField.allCases))
    for (field, change) in changes {
      var now = before
      change(&now)
      #expect(
        before.differences(to: now).map(\.name) == (field.decidesAnswer ? [field.rawValue] : []))
    }
  }

  @Test func `resuming with another answer is refused with all differences`() throws {
    var now = testConfiguration()
    try testConfiguration().checkContinuation(by: now)
    now.epochs = 9
    now.inputs?.manifest = ContentDigest.sha256([9])
    let error = #expect(throws: RunFilesError.self) {
      try testConfiguration().checkContinuation(by: now)
    }
    #expect(error?.code == .configuration)
    #expect(error!.description.contains("epochs was 6 and is now 9"))
    #expect(error!.description.contains("manifest_sha256 was"))
  }

  @Test func `values that don't go together are refused`() {
    var configuration = testConfiguration()
    configuration.learningRate = 100
    configuration.weightDecay = 0.5
    #expect(throws: RunFilesError.self) { try configuration.validate() }
    configuration.weightDecay = 0.001
    #expect(throws: Never.self) { try configuration.validate() }
    configuration.learningRate = -0.1
    let error = #expect(throws: RunFilesError.self) { try configuration.validate() }
    #expect(
      "\(error!)" == "learning-rate is -0.1, but must be above 0 and at most 1000")
  }
}

extension String {
  fileprivate func replacingFirst(_ old: String, with new: String) -> String {
    guard let range = range(of: old) else { return self }
    return replacingCharacters(in: range, with: new)
  }
}
