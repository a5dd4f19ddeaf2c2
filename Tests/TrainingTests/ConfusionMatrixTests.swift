import Testing
import Training

struct ConfusionMatrixTests {
  @Test func `accuracy, recall, precision and F1 follow their definitions`() throws {
    // Rows are true classes: 8 of 10 of class 0 are right, 3 of 5 of class 1, class 2 is absent.
    let matrix = try ConfusionMatrix(classCount: 3, counts: [8, 2, 0, 1, 3, 1, 0, 0, 0])
    #expect(matrix.sampleCount == 15 && matrix.correct == 11)
    #expect(matrix.accuracy == 11.0 / 15)
    #expect(matrix.recall(of: 0) == 0.8 && matrix.recall(of: 1) == 0.6)
    #expect(matrix.recall(of: 2) == nil)
    #expect(matrix.precision(of: 0) == 8.0 / 9 && matrix.precision(of: 2) == 0)
    let f1 = try #require(matrix.f1(of: 0))
    #expect(abs(f1 - 16.0 / 19) < 1e-15)
    #expect(matrix.f1(of: 2) == 0)
    // Means over the two classes that are there.
    #expect(matrix.sampleCount(of: 0) == 10 && matrix.sampleCount(of: 2) == 0)
    #expect(matrix.balancedAccuracy == (0.8 + 0.6) / 2)
    #expect(matrix.macroPrecision == (8.0 / 9 + 3.0 / 5) / 2)
    let macroF1 = try #require(matrix.macroF1)
    #expect(abs(macroF1 - (16.0 / 19 + 0.6) / 2) < 1e-15)
    #expect(ConfusionMatrix(classCount: 2).accuracy == nil)
    #expect(ConfusionMatrix(classCount: 2).balancedAccuracy == nil)
  }

  @Test func `counts from outside are checked`() {
    #expect(throws: TrainingError.wrongLength(name: "confusion matrix", expected: 4, found: 3)) {
      try ConfusionMatrix(classCount: 2, counts: [1, 2, 3])
    }
    for counts in [[-1, 0, 0, 1], [.max, .max, 1, 0], [1 << 40, 1, 0, 0]] {
      #expect(throws: TrainingError.self) {
        try ConfusionMatrix(classCount: 2, counts: counts)
      }
    }
  }
}
