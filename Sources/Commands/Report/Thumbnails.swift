import Digest
import Images
import Inspection
import RunFiles
import Threading

/// Photographs in small.
public enum Thumbnails {
  /// In pixels: half as large again as they are shown, for screens with small pixels.
  public static let side = 192
  /// The decoders want some.
  private static let stackBytes = 4 << 20

  /// Of each answer a square of its photograph; nil where that can't be read any more.
  public static func squares(
    of answers: [Evaluation.Answer], _ validation: ValidationAnswers, _ fit: Fit, threads: Int
  ) -> [RGBImage?] {
    squares(count: answers.count, fit, threads: threads) { validation.photograph(of: answers[$0]) }
  }

  /// Of each photograph a square; nil where it can't be read any more.
  ///
  /// - Parameter file: the photograph of an index as a file, asked for on any thread.
  static func squares(
    count: Int, _ fit: Fit, threads: Int, file: @escaping @Sendable (_ index: Int) -> [UInt8]?
  ) -> [RGBImage?] {
    // What is squeezed for a network looks better whole.
    let shownFit = fit == .crop ? Fit.crop : .pad
    let squares = try? concurrentMap(
      count: count, threads: threads, name: "thumbnails", stackBytes: stackBytes,
      buffers: { () throws(ImageError) in
        try Preprocessor(inputHeight: side, inputWidth: side, fit: shownFit)
      },
      compute: { (index, preprocessor: inout Preprocessor) throws(ImageError) -> RGBImage? in
        guard let file = file(index),
          let pixels = try? preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
        else { return nil }
        return RGBImage(width: side, height: side, pixels: pixels)
      })
    return squares ?? Array(repeating: nil, count: count)
  }
}
