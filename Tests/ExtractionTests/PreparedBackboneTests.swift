import Digest
import Extraction
import Manifest
import MobileNet
import TestSupport
import Testing

struct PreparedBackboneTests {
  private func manifest(in photographs: String) throws -> Manifest {
    try Dataset(reading: .init(photographs), threads: 2).manifest
  }

  private func float32() throws -> Backbone {
    try PreparedBackbone(
      float32: TinyModel.onnx(seed: 1), preprocess: .inception
    ).backbone
  }

  @Test func `the same photographs give the same int8 backbone`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let manifest = try manifest(in: photographs)
    var told: [Int] = []
    let first = try PreparedBackbone(
      quantizing: float32(), calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop
    ) { done, _ in told.append(done) }
    let second = try PreparedBackbone(
      quantizing: float32(), calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop
    ) { _, _ in }
    #expect(first.object == second.object)
    #expect(first.backbone.digest == ContentDigest.sha256(first.object))
    #expect(told == Array(1...18))
  }

  @Test func `a worker computes the same features from the object`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let prepared = try PreparedBackbone(
      quantizing: float32(), calibratingOn: manifest(in: photographs),
      in: DatasetFolders(photographs),
      fit: .crop
    ) { _, _ in }
    let received = try Backbone(object: prepared.object)
    #expect(received.digest == prepared.backbone.digest)
    #expect(received.precision == .int8)
    #expect(try Probe.digest(received, fit: .crop) == Probe.digest(prepared.backbone, fit: .crop))
    #expect(try Probe.digest(received, fit: .crop) != Probe.digest(float32(), fit: .crop))
  }

  @Test func `photographs that cannot be decoded have no part in the ranges`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let whole = try manifest(in: photographs)
    let before = try PreparedBackbone(
      quantizing: float32(), calibratingOn: whole, in: DatasetFolders(photographs),
      fit: .crop
    ) { _, _ in }
    let entry = ContentDigest.sha256([1])
    let more = try Manifest(
      classes: whole.classes,
      entries: whole.entries + [
        Manifest.Entry(
          path: "\(whole.classes.last!)/zzz.jpg", classIndex: whole.classes.count - 1,
          byteCount: 9, digest: entry)
      ])
    let after = try PreparedBackbone(
      quantizing: float32(), calibratingOn: more, in: DatasetFolders(photographs),
      fit: .crop
    ) { _, _ in }
    #expect(before.object == after.object)
  }

  @Test func `without a photograph there is no int8 backbone`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let whole = try manifest(in: photographs)
    #expect(throws: PreparedBackbone.Failure.noPhotograph) {
      try PreparedBackbone(
        quantizing: float32(), calibratingOn: whole, in: DatasetFolders(photographs + "/elsewhere"),
        fit: .crop
      ) { _, _ in }
    }
  }
}
