import RunFiles
import Testing

struct UnmeasuredClassesTests {
  private let classes = ["cat", "cow", "dog"]

  @Test func `classes of which nothing validates or tests are named`() {
    let missing = UnmeasuredClasses(classes, validation: [0, 2, 0], test: [1])
    #expect(missing.unvalidated == ["cow"] && missing.untested == ["cat", "dog"])
    #expect(
      missing.sentences == [
        "no photograph of cow validates: the validation accuracy says nothing of it",
        "no photograph of cat, dog tests: the test accuracy says nothing of them",
      ])
  }

  @Test func `of a run without a test nothing is said of one`() {
    #expect(UnmeasuredClasses(classes, validation: [0, 1, 2], test: []) == UnmeasuredClasses())
    #expect(UnmeasuredClasses(classes, validation: [0, 1, 2], test: []).sentences.isEmpty)
  }

  @Test func `of very many the first are named`() throws {
    let many = UnmeasuredClasses((0..<30).map { "c\($0)" }, validation: [], test: [])
    #expect(try #require(many.sentences.first).contains("c19 and 10 other classes validates"))
  }
}
