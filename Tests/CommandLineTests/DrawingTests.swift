import CommandLine
import Testing

struct DrawingTests {
  let plain = TextStyle(columns: 60, colour: false, unicode: false)
  let unicode = TextStyle(columns: 60, colour: false, unicode: true)
  let colour = TextStyle(columns: 60, colour: true, unicode: true)

  @Test func `a bar is as wide as asked and as full as its share`() {
    #expect(bar(share: 0, columns: 10, plain) == "..........")
    #expect(bar(share: 0.5, columns: 10, plain) == "====>.....")
    #expect(bar(share: 1, columns: 10, plain) == "==========")
    #expect(bar(share: 0.5, columns: 10, unicode) == "█████░░░░░")
    #expect(bar(share: 0.55, columns: 10, unicode) == "█████▌░░░░")
    for share in [-1.0, 0.001, 0.999, 2, .nan, .infinity] {
      for style in [plain, unicode, colour] {
        #expect(columnCount(of: bar(share: share, columns: 7, style)) == 7)
      }
    }
    #expect(bar(share: 0.5, columns: 0, unicode) == "")
  }

  @Test func `a sparkline spans the range of its values`() {
    #expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], columns: 20, unicode) == "▁▂▃▄▅▆▇█")
    #expect(sparkline([5, 0], columns: 20, plain) == "#_")
    #expect(sparkline([1, 1, 1], columns: 20, unicode).count == 3)
    #expect(sparkline(Array(repeating: 2.0, count: 100), columns: 9, unicode).count == 9)
    #expect(sparkline([.nan, .infinity], columns: 9, unicode) == "")
    #expect(sparkline([], columns: 9, unicode) == "")
  }

  @Test func `a curve falls from its highest to its lowest label`() {
    let values = (0..<50).map { 2 - Double($0) * 0.03 }
    let lines = curve(values, columns: 40, rows: 4, label: { formatted($0, decimals: 2) }, plain)
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("2.00 |*"))
    #expect(lines[3].hasPrefix("0.53 |"))
    #expect(lines[3].hasSuffix("*"))
    #expect(lines.allSatisfy { $0.count <= 40 })
    let braille = curve(
      values, columns: 40, rows: 4, label: { formatted($0, decimals: 2) }, unicode)
    #expect(braille.allSatisfy { columnCount(of: $0) <= 40 })
    #expect(curve([], columns: 40, rows: 4, label: { "\($0)" }, plain) == [])
    #expect(curve([1, 1], columns: 40, rows: 2, label: { "\($0)" }, plain).count == 2)
  }

  @Test func `columns leave escape sequences aside`() {
    let text = colour.apply(.red, "abc") + "def"
    #expect(columnCount(of: text) == 6)
    #expect(clipped(text, columns: 2) == "\u{1B}[31mab\u{1B}[0m\u{1B}[0m")
    #expect(clipped("abc", columns: 3) == "abc")
    #expect(padded(text, columns: 8).hasSuffix("def  "))
    #expect(plain.apply(.red, "abc") == "abc")
  }

  @Test func `a table lines its columns up`() {
    let rows = [["RUN", "ACCURACY"], ["first", "84.4 %"], ["b", "9.1 %"]]
    #expect(
      table(rows, alignRight: [1], plain) == [
        "RUN    ACCURACY", "first    84.4 %", "b         9.1 %",
      ])
  }

  @Test func `a live block takes the place of what it drew before`() {
    var block = LiveBlock()
    #expect(block.redraw(["one", "two"], plain) == "one\ntwo\n")
    #expect(block.redraw(["three"], plain) == "\u{1B}[2A\r\u{1B}[Jthree\n")
    #expect(block.erase() == "\u{1B}[1A\r\u{1B}[J")
    #expect(block.erase() == "")
    let long = String(repeating: "x", count: 99)
    #expect(block.redraw([long], plain).count == 60)
  }

  @Test(arguments: [
    (0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.7, "1 min 00 s"), (185, "3 min 05 s"),
    (7800, "2 h 10 min"), (-1, "-"), (.nan, "-"), (.infinity, "-"),
  ])
  func `a time span reads as people say it`(_ seconds: Double, _ text: String) {
    #expect(duration(seconds: seconds) == text)
  }

  @Test func `numbers read as people write them`() {
    #expect(formatted(1_234_567) == "1,234,567")
    #expect(formatted(-999) == "-999")
    #expect(formatted(-1000) == "-1,000")
    #expect(formatted(0.05, decimals: 1) == "0.1")
    #expect(formatted(-0.04, decimals: 1) == "0.0")
    #expect(formatted(12.999, decimals: 2) == "13.00")
    #expect(formatted(2.5, decimals: 0) == "3")
    #expect(formatted(1.0, decimals: 4) == "1.0000")
    #expect(formatted(.nan, decimals: 1) == "-")
    #expect(percentage(0.8438) == "84.4 %")
    #expect(byteCount(512) == "512 bytes")
    #expect(byteCount(14_044_345) == "13.4 MiB")
    #expect(counted(1, "worker") == "1 worker")
    #expect(counted(0, "class", "classes") == "0 classes")
  }

  @Test func `a terminal shows what its environment allows`() {
    let utf8 = ["LANG": "en_US.UTF-8", "TERM": "xterm"]
    #expect(Terminal(columns: 120, environment: utf8).style.unicode)
    #expect(Terminal(columns: 120, environment: utf8).style.colour)
    #expect(Terminal(columns: 120, environment: utf8).style.columns == 120)
    #expect(Terminal(columns: 0, environment: utf8).style.columns == 80)
    #expect(!Terminal(columns: nil, environment: utf8).isInteractive)
    #expect(!Terminal(columns: nil, environment: utf8).style.colour)
    #expect(!Terminal(columns: 80, environment: ["TERM": "dumb"]).isInteractive)
    let quiet = utf8.merging(["NO_COLOR": "1"]) { $1 }
    #expect(!Terminal(columns: 80, environment: quiet).style.colour)
    let ascii = utf8.merging(["LC_ALL": "C"]) { $1 }
    #expect(!Terminal(columns: 80, environment: ascii).style.unicode)
  }
}
