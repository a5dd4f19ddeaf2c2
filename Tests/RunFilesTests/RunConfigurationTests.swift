import Digest
import Foundation
import Images
import MobileNet
import Options
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
    configuration.undecodableMax = 0.5
    configuration.origins = ["seed": .flag, "validation": .environment, "precision": .file]
    configuration.preparation = configuration.ownPreparation
    #expect(configuration.ownPreparation.contains("int8-"))
    #expect(try read(text(configuration)) == configuration)
    configuration.inputs = nil
    #expect(try read(text(configuration)) == configuration)
    #expect(configuration.origin(of: \.seed) == .flag)
    #expect(configuration.origin(of: \.epochs) == .default)
    #expect(text(configuration).contains("\"seed\": {\n      \"value\": 18446744073709551615,"))
  }

  @Test func `unknown members, options and versions are refused by name`() throws {
    let whole = text(testConfiguration())
    for (old, new, name) in [
      ("\"epochs\": {", "\"epoch\": {", "unknown option 'epoch'"),
      ("\"manifest_sha256\"", "\"manifest\"", "unknown member 'manifest'"),
      ("\"preprocessing_version\"", "\"backbone_preparation\"", "backbone_preparation is no text"),
      ("\"from\": \"default\"", "\"by\": \"default\"", "unknown member 'by' of option 'data'"),
      ("\"from\": \"default\"", "\"from\": \"moon\"", "option 'data' doesn't say where it is from"),
      ("\"format_version\": 1", "\"format_version\": 2", "has format version 2"),
      ("\"format_version\": 1,", "", "no format_version"),
      ("\"value\": 6,", "\"value\": 0,", "depths is 0, but must be a whole number from 1"),
      ("\"value\": 6,", "\"value\": 6.5,", "depths is 6.5"),
      ("\"value\": 6,", "\"value\": \"6\",", "depths is \"6\""),
      ("\"value\": 6,", "", "depths is null"),
      ("\"value\": \"adam\"", "\"value\": \"adagrad\"", "must be one of adam, sgd"),
      ("\"value\": \"test\"", "\"value\": \"../test\"", "run is \"../test\""),
      ("\"value\": 0.3,", "\"value\": 1,", "validation is 1, but must be a number between 0 and 1"),
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
    let end = try #require(whole.range(of: "    \"epochs\""))
    let read = try read(whole.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: ""))
    #expect(read == testConfiguration())
  }

  @Test func `an option of earlier builds that is no more is passed over`() throws {
    let whole = text(testConfiguration())
    let place = try #require(whole.range(of: "    \"variants\""))
    let old = "    \"allow-undecodable\": { \"value\": true, \"from\": \"flag\" },\n"
    #expect(
      try read(whole.replacingCharacters(in: place.lowerBound..<place.lowerBound, with: old))
        == testConfiguration())
  }

  /// Texts of which each option accepts one that isn't its default.
  private static let texts = [
    "7", "0.7", "yes", "x", "pad", "127.0.0.1:7", "sgd", "cosine", "fp32", "imagenet", "json",
    "classes", "balanced",
  ]

  @Test(arguments: RunOption.all.map(\.name))
  func `an option that decides the answer may not change, and any other may`(name: String) throws {
    let option = try #require(RunOption.all.first { $0.name == name })
    let before = RunConfiguration()
    var changed: RunConfiguration?
    for text in Self.texts where option.declaration.accepts(text) {
      var now = before
      now.take([name: GivenValue(text, .flag)], isResumed: true)
      now.origins = [:]
      if now != before { changed = now }
    }
    let now = try #require(changed, "no text changes it")
    let names = before.differences(to: now).map(\.name)
    // With a constant learning rate, more epochs go on where fewer ended.
    #expect(names == (option.role.decidesHead && name != "epochs" ? [name] : []))
  }

  @Test(arguments: RunOption.all.map(\.name))
  func `what the command line refuses, a file may not hold`(name: String) throws {
    let option = try #require(RunOption.all.first { $0.name == name })
    for text in ["", "-1", "1e99", "99999999999999999999", "../x", "nan"]
    where !option.declaration.accepts(text) {
      for value in ["\"\(text)\"", text] {
        let spoiled = """
          {"format_version": 1, "options": {"\(name)": {"value": \(value), "from": "flag"}}}
          """
        #expect(throws: RunFilesError.self, "\(value)") { try read(spoiled) }
      }
    }
  }

  @Test func `defaults that depend on other values follow them, but not when a run is resumed`() {
    var demo = RunConfiguration()
    demo.take([:], isResumed: false)
    #expect(demo.epochs == 30 && demo.localWorkers == 2)

    var own = RunConfiguration()
    own.take(
      ["data": GivenValue("photos", .flag), "optimizer": GivenValue("sgd", .environment)],
      isResumed: false)
    #expect(own.epochs == 6 && own.localWorkers == 1)
    #expect(own.learningRate == 0.01 && own.origin(of: \.learningRate) == .default)
    #expect(own.origin(of: \.optimizer) == .environment)

    // Open to other machines, it leaves the work to them, also when resumed; but what decides the
    // answer stays.
    own.epochs = 9
    own.progress = .json
    own.take(["listen": GivenValue("0.0.0.0:5555", .flag)], isResumed: true)
    #expect(own.localWorkers == 0 && own.epochs == 9 && own.learningRate == 0.01)
    #expect(own.progress == .auto, "the display belongs to the process")
    own.take(["local-workers": GivenValue("3", .flag)], isResumed: true)
    #expect(own.localWorkers == 3)
  }

  @Test func `resuming with another answer is refused with all differences`() throws {
    var now = testConfiguration()
    try testConfiguration().checkContinuation(by: now)
    now.seed = 9
    now.inputs?.manifest = ContentDigest.sha256([9])
    let error = #expect(throws: RunFilesError.self) {
      try testConfiguration().checkContinuation(by: now)
    }
    #expect(error?.code == .configuration)
    #expect(error!.description.contains("seed was 42 and is now 9"))
    #expect(error!.description.contains("manifest_sha256 was"))
  }

  @Test func `a run whose photographs were prepared otherwise is told apart`() throws {
    let now = testConfiguration()
    try now.checkPixels()
    var before = now
    before.inputs?.preprocessingVersion = Preprocessing.version - 1
    for (run, text) in [
      (before, "preprocessing version \(Preprocessing.version - 1)"),
      // As runs were written before it was said.
      (try read(text(now).replacingLine("preprocessing_version")), "an earlier tl"),
    ] {
      #expect(run.differences(to: now).map(\.name) == ["preprocessing_version"])
      let error = #expect(throws: RunFilesError.self) { try run.checkPixels() }
      #expect(error?.code == .configuration && error!.description.contains(text), "\(error!)")
    }
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
      "\(error!)" == "learning-rate is -0.1, but must be a number above 0 and at most 1000")
  }
}

extension String {
  /// Without the lines that hold a text.
  fileprivate func replacingLine(_ text: String) -> String {
    split(separator: "\n").filter { !$0.contains(text) }.joined(separator: "\n")
  }

  fileprivate func replacingFirst(_ old: String, with new: String) -> String {
    guard let range = range(of: old) else { return self }
    return replacingCharacters(in: range, with: new)
  }
}
