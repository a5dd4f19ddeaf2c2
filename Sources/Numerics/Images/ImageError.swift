/// Why bytes could not be turned into pixels, or pixels into bytes.
public enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes begin like no picture that is read; what they are, where that is known.
  case unrecognizedFormat(ForeignFormat?)
  /// A header or the data contradict the format, or use a part of it that is not supported.
  case malformed(format: ImageFormat, reason: String)
  /// More pixels than `ImageLimits` allows; nothing was allocated for them.
  case tooLarge(width: Int, height: Int)
  /// The data end before the picture does.
  case prematureEnd(format: ImageFormat)
  /// There was no memory to decode into.
  case outOfMemory
  /// dav1d, which decodes AVIF and is loaded when it is needed, isn't on this machine.
  case missingLibrary
  /// The picture could not be written in this format.
  case notEncodable(format: ImageFormat, reason: String)

  /// Whether the file itself is to blame, so that every machine comes to the same verdict; an
  /// exhausted memory or a missing library, in contrast, says nothing about the file.
  public var isUndecodable: Bool {
    switch self {
    case .unrecognizedFormat, .malformed, .tooLarge, .prematureEnd: true
    case .outOfMemory, .missingLibrary, .notEncodable: false
    }
  }

  public var description: String { advice.map { "\(problem): \($0)" } ?? problem }

  /// What is wrong, without what to do about a photograph of a dataset.
  public var problem: String {
    switch self {
    case .unrecognizedFormat(let foreign?): "not read: \(foreign)"
    case .unrecognizedFormat(nil): "not a picture of a known kind (\(ImageFormat.list))"
    case .malformed(let format, let reason): "the \(format) file can't be decoded (\(reason))"
    case .tooLarge(let width, let height):
      """
      \(width)×\(height) pixels are over the limit of \(ImageLimits.sideMax) a side and \
      \(ImageLimits.pixelsMax) in all
      """
    case .prematureEnd(let format): "the \(format) file is truncated"
    case .outOfMemory: "no memory to decode the picture"
    case .missingLibrary: "AVIF files need the library dav1d, which isn't on this machine"
    case .notEncodable(let format, let reason):
      "cannot be written as a \(format) file: \(reason)"
    }
  }

  private var advice: String? {
    switch self {
    case .unrecognizedFormat(nil): "convert it or remove it from the dataset"
    case .malformed: "replace it or remove it from the dataset"
    case .tooLarge: "scale the picture down"
    case .prematureEnd: "fetch it again or remove it from the dataset"
    case .outOfMemory: "use fewer threads or a machine with more memory"
    case .missingLibrary:
      "install it; on Debian and Ubuntu its package is libdav1d6 or libdav1d7"
    case .unrecognizedFormat, .notEncodable: nil
    }
  }
}
