import Digest
import Files
import Glibc
import Training

/// What a run's validation photographs tell of its heads: by what temperature their probabilities
/// become what is to be expected, and how much a picture must be like the classes to be of one.
///
/// It lies beside the checkpoints and changes none of them.
public struct Calibration: Equatable, Sendable {
  /// Of a head.
  public struct HeadTemperature: Equatable, Sendable {
    public let head: ContentDigest
    public let temperature: Double

    public init(head: ContentDigest, temperature: Double) {
      (self.head, self.temperature) = (head, temperature)
    }
  }

  public let backbone: ContentDigest
  /// Of the last head, and of the best where that is another.
  public let temperatures: [HeadTemperature]
  /// Of the network's own features, without those of other depths.
  public let likeness: ClassLikeness
  /// Below it a picture is of none of the classes, from −1 to 1.
  public let likenessMin: Double
  /// Validation photographs that it was made from.
  public let sampleCount: Int

  /// Of the validation photographs this part reaches `likenessMin`.
  public static let acceptedShare = 0.95

  public init(
    backbone: ContentDigest, temperatures: [HeadTemperature], likeness: ClassLikeness,
    likenessMin: Double, sampleCount: Int
  ) {
    self.backbone = backbone
    self.temperatures = temperatures
    self.likeness = likeness
    self.likenessMin = likenessMin
    self.sampleCount = sampleCount
  }

  /// Nil for a head that it wasn't made for.
  public func temperature(of head: ContentDigest) -> Double? {
    temperatures.first { $0.head == head }?.temperature
  }
}

extension Calibration {
  private static let formatVersion = 1
  /// More heads than a run calibrates.
  private static let headsMax = 16

  /// As a safetensors file.
  public func encoded() -> [UInt8] {
    let rows = likeness.directions
    return SafeTensors(
      tensors: [
        .init(
          name: "class_directions", shape: [rows.count, rows[0].count], values: rows.flatMap(\.self)
        )
      ],
      texts: [
        .init(name: "format_version", value: "\(Self.formatVersion)"),
        .init(name: "backbone_sha256", value: "\(backbone)"),
        .init(
          name: "temperatures",
          value: JSONValue.object(
            temperatures.map { .init("\($0.head)", .double($0.temperature)) }
          ).encoded),
        .init(name: "likeness_min", value: JSONValue.double(likenessMin).encoded),
        .init(name: "validation_samples", value: "\(sampleCount)"),
      ]
    ).encoded()
  }

  /// - Throws: bytes that no run wrote, and those of a newer version.
  public init(decoding bytes: [UInt8], path: String) throws(RunFilesError) {
    func damaged(_ reason: String) -> RunFilesError {
      RunFilesError(.damaged, "\(path): \(reason)")
    }
    let file: SafeTensors
    do throws(SafeTensors.Damage) {
      file = try SafeTensors(decoding: bytes)
    } catch {
      throw damaged(error.reason)
    }
    guard let version = file.text("format_version").flatMap({ Int($0) }) else {
      throw damaged("it is no calibration")
    }
    guard version == Self.formatVersion else {
      throw damaged("its format is \(version), and this tl reads \(Self.formatVersion)")
    }
    guard let backbone = file.text("backbone_sha256").flatMap({ ContentDigest(hex: $0) }),
      let likenessMin = file.text("likeness_min").flatMap({ Double($0) }),
      (-1...1).contains(likenessMin),
      let samples = file.text("validation_samples").flatMap({ Int($0) }), samples >= 0,
      let heads = file.text("temperatures").flatMap({ Self.temperatures($0) })
    else { throw damaged("a value is missing or out of its range") }
    guard let tensor = file.tensor("class_directions"), tensor.shape.count == 2,
      tensor.shape[0] > 0, tensor.shape[1] > 0, tensor.values.allSatisfy(\.isFinite)
    else { throw damaged("'class_directions' is missing or has no numbers") }
    let width = tensor.shape[1]
    let directions = (0..<tensor.shape[0]).map {
      Array(tensor.values[$0 * width..<($0 + 1) * width])
    }
    guard directions.allSatisfy(Self.isDirection) else {
      throw damaged("'class_directions' has rows whose length is neither 1 nor 0")
    }
    self.init(
      backbone: backbone, temperatures: heads, likeness: ClassLikeness(directions: directions),
      likenessMin: likenessMin, sampleCount: samples)
  }

  /// Whether values are of length 1, but for rounding, or all 0.
  private static func isDirection(_ row: [Float]) -> Bool {
    let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length == 0 || abs(length - 1) < 1e-3
  }

  private static func temperatures(_ text: String) -> [HeadTemperature]? {
    guard let members = (try? JSONValue(decoding: text.utf8))?.members,
      members.count <= headsMax
    else { return nil }
    var found: [HeadTemperature] = []
    for member in members {
      guard let head = ContentDigest(hex: member.name), let number = member.value.double,
        Temperature.range.contains(number)
      else { return nil }
      found.append(HeadTemperature(head: head, temperature: number))
    }
    return found
  }
}

extension RunDirectory {
  public var calibrationPath: String { path + "/calibration.safetensors" }

  /// - Returns: nil where the run has none.
  public func calibration() throws(RunFilesError) -> Calibration? {
    let bytes: [UInt8]
    do {
      bytes = try readFile(calibrationPath, byteCountMax: Self.objectByteCountMax)
    } catch {
      if error.number == ENOENT { return nil }
      throw RunFilesError(.inputOutput, "read the calibration of run '\(name)'", error)
    }
    return try Calibration(decoding: bytes, path: calibrationPath)
  }

  public func saveCalibration(
    _ calibration: Calibration, fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(RunFilesError) {
    do {
      try fileSystem.replaceFile(
        calibrationPath, with: calibration.encoded(),
        temporary: "\(calibrationPath)\(temporarySuffix)-\(getpid())")
    } catch {
      throw RunFilesError(.inputOutput, "keep the calibration of run '\(name)'", error)
    }
  }
}
