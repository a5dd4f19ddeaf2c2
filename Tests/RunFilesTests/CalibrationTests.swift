import Digest
import RunFiles
import TestSupport
import Testing
import Training

struct CalibrationTests {
  private let calibration = Calibration(
    backbone: .sha256([1]),
    temperatures: [
      Calibration.HeadTemperature(head: .sha256([2]), temperature: 1.5),
      Calibration.HeadTemperature(head: .sha256([3]), temperature: 0.1 + 0.2),
    ], likeness: ClassLikeness(directions: [[0.6, -0.8], [1, 0], [0, 0]]), likenessMin: -0.25,
    sampleCount: 17)

  @Test func `is read as it was written`() throws {
    let read = try Calibration(decoding: calibration.encoded(), path: "c")
    #expect(read == calibration)
    #expect(read.temperature(of: .sha256([3])) == 0.1 + 0.2)
    #expect(read.temperature(of: .sha256([4])) == nil)
  }

  @Test func `every wrong bit is noticed, and the file is named`() throws {
    let bytes = calibration.encoded()
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1
      let error = #expect(throws: RunFilesError.self) {
        try Calibration(decoding: damaged, path: "runs/x/calibration.safetensors")
      }
      #expect(error?.description.contains("runs/x/calibration.safetensors") == true)
    }
    #expect(throws: RunFilesError.self) {
      try Calibration(decoding: Array(bytes.dropLast()), path: "c")
    }
  }

  @Test func `what is no direction is refused, sealed or not`() throws {
    let wrong = Calibration(
      backbone: calibration.backbone, temperatures: calibration.temperatures,
      likeness: ClassLikeness(directions: [[3, 4]]), likenessMin: 0, sampleCount: 1)
    let error = #expect(throws: RunFilesError.self) {
      try Calibration(decoding: wrong.encoded(), path: "c")
    }
    #expect(error?.description.contains("class_directions") == true)
  }

  @Test func `a run has none before one was kept`() throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(root: folder.path, name: "run")
    var configuration = RunConfiguration()
    configuration.run = "run"
    let lock = try run.create(configuration)
    #expect(try run.calibration() == nil)
    try run.saveCalibration(calibration)
    #expect(try run.calibration() == calibration)
    _ = consume lock
  }
}
