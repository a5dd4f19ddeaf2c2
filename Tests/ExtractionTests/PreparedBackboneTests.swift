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

  private func float32(depths: Int = 1) throws -> PreparedBackbone {
    try PreparedBackbone(float32: TinyModel.onnx(seed: 1), preprocess: .inception, depths: depths)
  }

  @Test func `the same photographs give the same int8 backbone`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let manifest = try manifest(in: photographs)
    var told: [Int] = []
    let first = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop
    ) { done, _ in told.append(done) }
    let second = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop
    ) { _, _ in }
    #expect(first.object == second.object)
    #expect(first.backbone.digest == ContentDigest.sha256(first.object))
    #expect(told == Array(1...18))
  }

  @Test func `a backbone knows its network, whatever it was prepared from`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let manifest = try manifest(in: photographs)
    let network = ContentDigest.sha256(TinyModel.onnx(seed: 1))
    for (precision, depths) in [(Precision.int8, 1), (.int8, 3), (.float32, 1), (.float32, 3)] {
      let prepared = try PreparedBackbone(
        float32(depths: depths), precision: precision, calibratingOn: manifest,
        in: DatasetFolders(photographs), fit: .crop
      ) { _, _ in }
      #expect(try Backbone.networkDigest(of: prepared.object) == network)
      // As another run takes it over.
      let again = try PreparedBackbone(
        object: prepared.object, preprocess: .inception, depths: depths)
      #expect(again.backbone.digest == prepared.backbone.digest)
      #expect(again.object == prepared.object)
    }
    #expect(throws: PreparedBackbone.Failure.self) {
      try PreparedBackbone(object: [1, 2, 3], preprocess: .inception, depths: 1)
    }
  }

  @Test func `a worker computes the same features from the object`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let prepared = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: manifest(in: photographs),
      in: DatasetFolders(photographs), fit: .crop
    ) { _, _ in }
    let received = try Backbone(object: prepared.object)
    #expect(received.digest == prepared.backbone.digest)
    #expect(received.precision == .int8)
    #expect(try Probe.digest(received, fit: .crop) == Probe.digest(prepared.backbone, fit: .crop))
    #expect(try Probe.digest(received, fit: .crop) != Probe.digest(float32().backbone, fit: .crop))
  }

  @Test func `photographs that cannot be decoded have no part in the ranges`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let whole = try manifest(in: photographs)
    let before = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: whole, in: DatasetFolders(photographs), fit: .crop
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
      float32(), precision: .int8, calibratingOn: more, in: DatasetFolders(photographs), fit: .crop
    ) { _, _ in }
    #expect(before.object == after.object)
  }

  @Test func `without a photograph there is no int8 backbone`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let whole = try manifest(in: photographs)
    #expect(throws: PreparedBackbone.Failure.noPhotograph) {
      try PreparedBackbone(
        float32(), precision: .int8, calibratingOn: whole,
        in: DatasetFolders(photographs + "/elsewhere"), fit: .crop
      ) { _, _ in }
    }
  }

  /// Objects in memory.
  private final class Shelf: KeptObjects {
    private(set) var objects: [ContentDigest: [UInt8]] = [:]
    func object(_ key: ContentDigest) -> [UInt8]? { objects[key] }
    func keep(_ object: [UInt8], for key: ContentDigest) { objects[key] = object }
  }

  @Test func `what was kept is taken without a photograph being decoded`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let manifest = try manifest(in: photographs)
    let shelf = Shelf()
    func prepare(_ backbone: PreparedBackbone, _ manifest: Manifest) throws -> (
      PreparedBackbone, Int
    ) {
      var decoded = 0
      let prepared = try PreparedBackbone(
        backbone, precision: .int8, calibratingOn: manifest, in: DatasetFolders(photographs),
        fit: .crop, kept: shelf
      ) { done, _ in decoded = done }
      return (prepared, decoded)
    }
    let (first, decoded) = try prepare(float32(), manifest)
    #expect(decoded == 18 && shelf.objects.count == 1)
    let (second, decodedAgain) = try prepare(float32(), manifest)
    #expect(decodedAgain == 0 && second.object == first.object)
    #expect(second.backbone.digest == first.backbone.digest)

    // Another backbone, another input and other photographs are something else.
    let other = try PreparedBackbone(float32: TinyModel.onnx(seed: 2), preprocess: .inception)
    #expect(try prepare(other, manifest).1 == 18)
    let imagenet = try PreparedBackbone(float32: TinyModel.onnx(seed: 1), preprocess: .imagenet)
    #expect(try prepare(imagenet, manifest).1 == 18)
    let fewer = try Manifest(
      classes: manifest.classes, entries: Array(manifest.entries.dropFirst()))
    #expect(try prepare(float32(), fewer).1 == 17)
  }

  @Test func `photographs that can't be decoded are tried once`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 30)
    let damaged = try folder.write([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3], to: "damaged.jpg")
    let bytes = try folder.read("damaged.jpg")
    #expect(damaged.hasSuffix("damaged.jpg"))
    let whole = try manifest(in: photographs)
    // Among the first of more than enough: of many contents one with a small digest.
    let small = (0..<10_000).lazy.map { bytes + [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
      .min { ContentDigest.sha256($0) < ContentDigest.sha256($1) }!
    let folderOfClass = photographs + "/" + whole.classes[0]
    let path = String(folderOfClass.dropFirst(folder.path.count + 1)) + "/small.jpg"
    try folder.write(small, to: path)
    let manifest = try manifest(in: photographs)
    let shelf = Shelf()
    var decoded = 0
    let first = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop, kept: shelf
    ) { done, _ in decoded = done }
    #expect(decoded == 64)
    decoded = 0
    let second = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop, kept: shelf
    ) { done, _ in decoded = done }
    #expect(decoded == 0 && second.object == first.object)
  }

  @Test func `what was kept and can't be read is made anew`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let manifest = try manifest(in: photographs)
    let shelf = Shelf()
    let first = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop, kept: shelf
    ) { _, _ in }
    for key in shelf.objects.keys { shelf.keep([1, 2, 3], for: key) }
    let second = try PreparedBackbone(
      float32(), precision: .int8, calibratingOn: manifest, in: DatasetFolders(photographs),
      fit: .crop, kept: shelf
    ) { _, _ in }
    #expect(second.object == first.object)
  }

  @Test(arguments: [Precision.float32, .int8])
  func `features of several depths are brought to a common scale`(precision: Precision) throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    let manifest = try manifest(in: photographs)
    func prepare(_ depths: Int) throws -> PreparedBackbone {
      try PreparedBackbone(
        float32(depths: depths), precision: precision, calibratingOn: manifest,
        in: DatasetFolders(photographs), fit: .crop
      ) { _, _ in }
    }
    let (plain, deep) = (try prepare(1), try prepare(3))
    #expect(deep.backbone.featureCount > plain.backbone.featureCount)
    #expect(deep.backbone.digest == ContentDigest.sha256(deep.object))
    #expect(try prepare(3).object == deep.object)
    #expect(try prepare(2).object != deep.object)

    // What workers and predictions make of the object is the same backbone.
    let received = try Backbone(object: deep.object, preprocess: .inception)
    #expect(received.digest == deep.backbone.digest && received.precision == precision)
    #expect(try Probe.digest(received, fit: .crop) == Probe.digest(deep.backbone, fit: .crop))

    // Over the photographs that it was made from each feature has mean 0.3 and no deviation above 1.
    var pipeline = try FeaturePipeline(received, fit: .crop)
    let rows = try manifest.entries.map { entry in
      try pipeline.features(
        of: entry.read(in: DatasetFolders(photographs)), digest: entry.digest, variant: 0)
    }
    for index in 0..<received.featureCount {
      let values = rows.map { Double($0[index]) }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      #expect(
        abs(mean - 0.3) < 1e-4 && variance < 1 + 1e-4, "feature \(index): \(mean), \(variance)")
    }
  }
}
