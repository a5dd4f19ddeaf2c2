import Figures
import Foundation
import FoundationXML
import Images
import Testing

private func picture(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> RGBImage {
  RGBImage(width: 16, height: 16, pixels: (0..<256).flatMap { _ in [red, green, blue] })
}

private func sample(_ text: String = "rose") -> Figure {
  var figure = Figure(width: 100, height: 60)
  figure.shapes = [
    .filled(.init(x: 0, y: 0, width: 20, height: 20), .red, note: "<i>a note</i>"),
    .framed(.init(x: 70, y: 30, width: 20, height: 20), .blue, lineWidth: 4),
    .line([.init(0, 50), .init(60, 50)], .orange, lineWidth: 4),
    .dot(.init(50, 10), radius: 6, .ink),
    .picture(picture(10, 200, 30), .init(x: 30, y: 24, width: 16, height: 16)),
    .text(.init(text, at: .init(28, 44), anchor: .end)),
  ]
  return figure
}

@Suite struct `A figure` {
  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [String] = []
    var text = ""
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) { elements.append(name) }
    func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }
  }

  @Test func `is sound SVG whatever its texts are`() throws {
    let svg = try sample("<b>\"rose & 'thorn'\"</b>\u{1B}[31m").svg(title: "a < b & \"c\"")
    let parser = XMLParser(data: Data(svg.utf8))
    let reader = Reader()
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(
      reader.elements
        == ["svg", "rect", "title", "rect", "polyline", "circle", "image", "text"])
    #expect(reader.text.contains("<b>\"rose & 'thorn'\"</b>\u{FFFD}[31m"))
    #expect(reader.text.contains("<i>a note</i>") && !svg.contains("\u{1B}"))
  }

  private func decoded(_ figure: Figure) throws -> (Int, Int) throws -> [UInt8] {
    var decoder = try ImageDecoder()
    let image = try decoder.decode(try figure.png(scale: 2))
    try #require((image.width, image.height) == (Int(figure.width) * 2, Int(figure.height) * 2))
    return { x, y in
      let first = (y * image.width + x) * 3
      return Array(image.pixels[first..<first + 3])
    }
  }

  @Test func `has in a PNG its shapes where they belong`() throws {
    let pixel = try decoded(sample())
    #expect(try pixel(10, 10) == [186, 40, 40])
    #expect(try pixel(140, 80) == [25, 99, 178])
    #expect(try pixel(160, 80) == [255, 255, 255])
    #expect(try pixel(60, 100) == [186, 90, 0])
    #expect(try pixel(100, 20) == [33, 37, 41])
    #expect(try pixel(76, 64) == [10, 200, 30])
    // A picture is what it is to its very edge.
    #expect(try pixel(60, 48) == [10, 200, 30] && pixel(91, 79) == [10, 200, 30])
    // The text leaves some ink.
    let ink = try (0..<100).flatMap { x in try (60..<90).map { try pixel(x, $0) } }
    #expect(ink.contains { $0[0] < 60 && $0[1] < 60 })
  }

  @Test func `lets through what lies below as its opacity says`() throws {
    var figure = Figure(width: 10, height: 10)
    figure.shapes = [.filled(.init(x: 0, y: 0, width: 10, height: 10), .ink, opacity: 0.5)]
    #expect(try decoded(figure)(10, 10).allSatisfy { (142...150).contains($0) })
    #expect(try figure.svg(title: "").contains("fill-opacity=\"0.5\""))
  }

  @Test func `has paper up to its edges, whatever part of a pixel it ends in`() throws {
    var decoder = try ImageDecoder()
    let image = try decoder.decode(try Figure(width: 10.3, height: 7.1).png(scale: 1.28))
    #expect((image.width, image.height) == (14, 10))
    #expect(image.pixels.allSatisfy { $0 == 255 })
  }

  @Test func `stands beside another in a row`() throws {
    let row = Figure.row([sample(), sample(), Figure(width: 10, height: 90)])
    #expect((row.width, row.height) == (210, 90))
    let pixel = try decoded(row)
    for left in [0, 200] {
      #expect(try pixel(left + 10, 10) == [186, 40, 40])
      #expect(try pixel(left + 140, 80) == [25, 99, 178])
      #expect(try pixel(left + 60, 100) == [186, 90, 0])
      #expect(try pixel(left + 100, 20) == [33, 37, 41])
      #expect(try pixel(left + 76, 64) == [10, 200, 30])
    }
  }

  @Test func `of no size, or of one that no memory holds, is an error`() {
    #expect(throws: FigureError.self) { _ = try Figure(width: 0, height: 10).png() }
    #expect(throws: FigureError.self) { _ = try Figure(width: 1e9, height: 10).png() }
    #expect(throws: FigureError.self) { _ = try Figure(width: .nan, height: 10).png() }
  }

  /// By the formula of WCAG 2: 4.5 is what running text needs.
  @Test func `has colours that can be read by day and by night`() {
    func luminance(_ colour: Figure.RGB) -> Double {
      let parts = [colour.red, colour.green, colour.blue].map { byte in
        let share = Double(byte) / 255
        return share <= 0.03928 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    for kind in [\Figure.Colour.light, \.dark] {
      let paper = luminance(Figure.Colour.paper[keyPath: kind])
      for colour in Figure.Colour.allCases where colour != .paper && colour != .faint {
        let other = luminance(colour[keyPath: kind])
        let contrast = (max(paper, other) + 0.05) / (min(paper, other) + 0.05)
        #expect(contrast >= 4.5, "\(colour): \(contrast)")
      }
    }
  }
}

struct TextTests {
  @Test func `texts are cut to a width and keep their beginning`() {
    for text in ["dandelion", "wwwwwwwwwwwwwwwwwww", "iiiiiiiiiiiiiiii", "向日葵向日葵向日葵", "🌻🌻🌻🌻🌻🌻🌻🌻"] {
      for width in [30.0, 60, 100, 1_000] {
        let shown = shortened(text, toWidth: width, size: 13)
        let isWhole = shown == text
        #expect(isWhole || shown.hasSuffix("…") && text.hasPrefix(shown.dropLast()))
        #expect(estimatedWidth(of: shown, size: 13) <= width || shown.count <= 2)
        #expect(isWhole == (estimatedWidth(of: text, size: 13) <= width))
      }
    }
    #expect(shortened("", toWidth: 0, size: 13) == "")
  }

  @Test func `Base64 is Foundation's`() {
    for count in 0...80 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 197 + 13) }
      #expect(base64(bytes) == Data(bytes).base64EncodedString())
    }
  }

  @Test func `nothing that a name contains steers a page`() {
    #expect(escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;")
    // Control characters, and those that turn the direction of the text around.
    #expect(escaped("x\u{0}\n\u{202E}y") == "x\u{FFFD}\u{FFFD}\u{FFFD}y")
    // A family, which is four people and three joiners.
    #expect(escaped("👨‍👩‍👧‍👦 été 花") == "👨‍👩‍👧‍👦 été 花")
  }
}
