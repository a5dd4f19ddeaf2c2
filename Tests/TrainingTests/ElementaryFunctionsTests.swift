import Glibc
import Testing
import Training

// Only x86 has numbers of 80 bits to compare with. Elsewhere the functions are the same chains of
// operations, so that what is shown here holds there, too.
#if arch(x86_64)
  struct ElementaryFunctionsTests {
    @Test func `the logarithm is within two units in the last place`() {
      var worst = 0.0
      func check(_ x: Double) {
        let exact = logl(Float80(x))
        let error = abs(Float80(ElementaryFunctions.logarithm(x)) - exact)
        worst = max(worst, Double(error / Float80(Double(exact).ulp)))
      }
      // Softmax totals from 1 to the largest number of classes, dense near 1.
      var x = 1.0
      while x < 70_000 {
        check(x)
        x *= 1.000_01
      }
      for index in 1...10_000 { check(1 + Double(index) * 0x1p-40) }
      // All binary magnitudes.
      for exponent in -1022...1023 {
        check(Double(sign: .plus, exponent: exponent, significand: 1.7))
      }
      #expect(worst < 2, "at most \(worst) units")
      #expect(ElementaryFunctions.logarithm(1) == 0)
    }

    @Test func `the cosine of half turns is within 2^-52`() {
      var worst: Float80 = 0
      for index in 0...100_000 {
        let x = Double(index) / 100_000
        let exact = cosl(Float80.pi * Float80(x))
        worst = max(worst, abs(Float80(ElementaryFunctions.cosineOfHalfTurns(x)) - exact))
      }
      #expect(worst < 0x1p-52, "at most \(worst)")
      #expect(ElementaryFunctions.cosineOfHalfTurns(0) == 1)
      #expect(ElementaryFunctions.cosineOfHalfTurns(0.5) == 0)
      #expect(ElementaryFunctions.cosineOfHalfTurns(1) == -1)
    }
  }
#endif
