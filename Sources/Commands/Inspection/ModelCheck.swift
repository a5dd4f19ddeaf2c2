import Extraction
import Images
import MobileNet
import RunFiles
import Threading

/// Photographs with what a classifier sees in them, in a form that other programs read: to hold an
/// exported model against.
public struct ModelCheck: Sendable {
  /// As many pictures as there are rows of probabilities.
  public let count: Int
  /// uint8 [count, height, width, 3], as the backbone gets them, before they are normalized.
  public let pixels: [UInt8]
  /// float64 [2, 3]: what is taken from a byte of red, green and blue, and what it is then divided by.
  public let scale: [UInt8]
  /// float32 [count, classes] in little-endian order.
  public let probabilities: [UInt8]
  /// float64 [count] in little-endian order; empty where the classifier isn't calibrated.
  public let likeness: [UInt8]
  /// Below it a picture is like none of the classes; −1 where the classifier isn't calibrated.
  public let likenessMin: Double

  /// - Parameters:
  ///   - photographs: paths; those that can't be decoded are left out
  ///   - progress: told on the caller's thread how many are done
  /// - Throws: what keeps a photograph from being classified at all
  public init(
    _ classifier: Classifier, _ photographs: [String], threads: Int,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws(InspectionError) {
    let answers = try concurrentMap(
      count: photographs.count, threads: threads, name: "check",
      stackBytes: Classifier.stackBytes, progress: progress,
      buffers: { () throws(InspectionError) in try Classifier.Calculator(classifier) },
      compute: { (index, calculator: inout Classifier.Calculator) throws(InspectionError) in
        (
          calculator.answer(to: .file(photographs[index])),
          classifier.pixels(of: photographs[index])
        )
      })
    var pixels: [UInt8] = []
    var probabilities: [UInt8] = []
    var likeness: [UInt8] = []
    var count = 0
    for (answer, picture) in answers {
      guard case .success(let answer) = answer, let picture else { continue }
      count += 1
      pixels += picture
      for value in answer.probabilities {
        probabilities += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      }
      if let value = answer.likeness { likeness += Self.bytes(value) }
    }
    let preprocess = classifier.configuration.preprocess
    scale = (preprocess.meanOfBytes + preprocess.deviationOfBytes).flatMap { Self.bytes($0) }
    (self.count, self.pixels, self.probabilities) = (count, pixels, probabilities)
    self.likeness = likeness
    likenessMin = classifier.calibration?.likenessMin ?? -1
  }

  private static func bytes(_ number: Double) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
  }
}
