import CommandLine
import Testing

struct SuggestionTests {
  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1),
    ("start", "strat", 1), ("epochs", "epochs", 0), ("ca", "abc", 3),
  ])
  func `the edit distance counts slips of the finger`(_ a: String, _ b: String, _ distance: Int) {
    #expect(editDistance(a, b) == distance)
    #expect(editDistance(b, a) == distance)
  }

  @Test(arguments: [
    ("epoch", "epochs"), ("Epochs", "epochs"), ("lerning-rate", "learning-rate"),
    ("learn", "learning-rate"), ("bacth-size", "batch-size"),
  ])
  func `a near name is suggested`(_ word: String, _ name: String) {
    #expect(suggestion(for: word, among: ["epochs", "learning-rate", "batch-size"]) == name)
  }

  @Test(arguments: ["", "x", "colour", String(repeating: "epochs", count: 1000)])
  func `a far word gets no suggestion`(_ word: String) {
    #expect(suggestion(for: word, among: ["epochs", "learning-rate", "batch-size"]) == nil)
  }
}
