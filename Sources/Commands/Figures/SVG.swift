import Images

extension Figure {
  /// The figure as an element of a page: SVG 1.1, without anything that lies elsewhere. A page that
  /// declares colours as `--ink`, `--blue` and so on decides them; else they are those on white.
  ///
  /// - Parameter title: what it shows, for those who don't see it
  /// - Throws: a picture that can't be encoded
  public func svg(title: String) throws(ImageError) -> String {
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(number(width)) \(number(height))\" "
      + "width=\"\(number(width))\" height=\"\(number(height))\" role=\"img\" "
      + "aria-label=\"\(escaped(title))\" font-family=\"system-ui, sans-serif\">\n"
    for shape in shapes { text += try Self.element(shape) + "\n" }
    return text + "</svg>"
  }

  private static func element(_ shape: Shape) throws(ImageError) -> String {
    switch shape {
    case .filled(let box, let colour, let opacity, let note):
      let veil = opacity < 1 ? " fill-opacity=\"\(number(opacity))\"" : ""
      let start = "<rect \(box.attributes)\(veil) style=\"fill:\(colour.css)\""
      guard let note else { return start + "/>" }
      return "\(start)><title>\(escaped(note))</title></rect>"
    case .framed(let box, let colour, let lineWidth):
      return "<rect \(box.attributes) fill=\"none\" stroke-width=\"\(number(lineWidth))\" "
        + "style=\"stroke:\(colour.css)\"/>"
    case .line(let points, let colour, let lineWidth):
      let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
      return "<polyline points=\"\(list)\" fill=\"none\" stroke-width=\"\(number(lineWidth))\" "
        + "stroke-linejoin=\"round\" style=\"stroke:\(colour.css)\"/>"
    case .dot(let center, let radius, let colour):
      return "<circle cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" "
        + "r=\"\(number(radius))\" style=\"fill:\(colour.css)\"/>"
    case .text(let text): return element(text)
    case .picture(let image, let box):
      return "<image \(box.attributes) href=\"\(try dataAddress(ofJPEG: image))\"/>"
    }
  }

  private static func element(_ text: Text) -> String {
    let anchor =
      switch text.anchor {
      case .start: ""
      case .middle: " text-anchor=\"middle\""
      case .end: " text-anchor=\"end\""
      }
    let weight = text.isBold ? " font-weight=\"bold\"" : ""
    let turn =
      text.turnedDegrees == 0
      ? ""
      : " transform=\"rotate(\(number(text.turnedDegrees)) \(number(text.at.x)) \(number(text.at.y)))\""
    return "<text x=\"\(number(text.at.x))\" y=\"\(number(text.at.y))\" "
      + "font-size=\"\(number(text.size))\"\(anchor)\(weight)\(turn) style=\"fill:\(text.colour.css)\">"
      + "\(escaped(text.text))</text>"
  }
}

/// The picture itself as an address (RFC 2397), as a JPEG file.
public func dataAddress(ofJPEG image: RGBImage) throws(ImageError) -> String {
  "data:image/jpeg;base64,\(base64(try encodeJPEG(image, quality: 80)))"
}

/// At most two decimals, which is less than anybody sees.
private func number(_ value: Double) -> String {
  let hundredths = (value * 100).rounded()
  guard hundredths.isFinite, abs(hundredths) < 1e9 else { return "0" }
  let whole = Int(hundredths)
  return whole % 100 == 0 ? String(whole / 100) : String(Double(whole) / 100)
}

extension Figure.Box {
  fileprivate var attributes: String {
    "x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\""
  }
}

extension Figure.Colour {
  /// The page's own colour of this name, or else that on white.
  fileprivate var css: String { "var(--\(rawValue),\(light.hex))" }
}
