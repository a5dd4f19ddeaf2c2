import Figures
import Images

extension HTML {
  /// The frame around a photograph.
  enum Frame: String {
    case right
    case wrong
    /// Of what is neither.
    case plain
  }

  /// A photograph with a few words.
  ///
  /// - Parameters:
  ///   - thumbnail: nil where the photograph has gone.
  ///   - words: what it shows, plain, for those who don't see it.
  ///   - path: plain.
  ///   - caption: HTML.
  static func tile(
    _ thumbnail: RGBImage?, _ words: String, path: String, _ frame: Frame, _ caption: String
  ) throws(ImageError) -> String {
    var picture = "<span class=\"gone\">no longer there</span>"
    if let thumbnail {
      picture =
        "<img src=\"\(try dataAddress(ofJPEG: thumbnail))\" alt=\"\(escaped(words))\" "
        + "width=\"\(thumbnail.width)\" height=\"\(thumbnail.height)\">"
    }
    return
      "<figure class=\"\(frame.rawValue)\" title=\"\(escaped("\(path): \(words)"))\">\(picture)"
      + "<figcaption>\(caption)</figcaption></figure>"
  }

  /// A path whose names each run in their own direction.
  static func path(_ path: String) -> String {
    let names = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return names.map { "<bdi>\(escaped(String(Substring($0))))</bdi>" }.joined(separator: "/")
  }

  static func tiles(_ tiles: [String]) -> String {
    "<div class=\"tiles\">\n\(tiles.joined(separator: "\n"))\n</div>"
  }
}
