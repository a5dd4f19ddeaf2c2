import Digest
import Manifest
import Testing

@Suite struct `The photographs of each class are told` {
  private func counts(_ classes: [String], _ counts: [Int]) -> ClassCounts {
    var entries: [Manifest.Entry] = []
    for (index, count) in counts.enumerated() {
      for number in 0..<count {
        let path = "\(index)/\(number).jpg"
        entries.append(
          Manifest.Entry(
            path: path, classIndex: index, byteCount: 1, digest: .sha256(Array(path.utf8))))
      }
    }
    return ClassCounts(classes, entries)
  }

  private func numbered(_ count: Int) -> [String] { (0..<count).map { "\($0)" } }

  @Test func `by name, and with quotation marks where the name could be a number of them`() {
    #expect(counts(["daisy", "tulip"], [3, 4]).description == "daisy 3, tulip 4")
    #expect(counts(["5", "type 2"], [3, 4]).description == "'5' 3, 'type 2' 4")
    #expect(counts(["5", "6"], [2, 10]).imbalance?.contains("('5' 2, '6' 10)") == true)
  }

  @Test func `of very many classes by the smallest and the largest, or once for all`() {
    let sizes = (0..<30).map { $0 == 7 ? 1 : $0 == 12 ? 9 : 4 }
    #expect(counts(numbered(30), sizes).description == "from 1 ('7') to 9 ('12')")
    #expect(counts(numbered(1_000), Array(repeating: 2, count: 1_000)).description == "2")
  }
}
