/// Functions that libraries round differently, made of IEEE operations in a fixed order, so that
/// every machine gets the same bits.
package enum ElementaryFunctions {
  /// The natural logarithm of a positive normal number, within 2 units in the last place, or
  /// 2⁻⁵³ where the result is smaller than that bound's reach near 1.
  ///
  /// x = m · 2ᵉ with √½ ≤ m < √2, and with s = (m − 1) / (m + 1), log m is
  /// 2·(s + s³/3 + s⁵/5 + …). As |s| < 0.1716, what follows s²¹/21 is below 2⁻⁵⁶ of the result.
  package static func logarithm(_ x: Double) -> Double {
    precondition(x.isNormal && x > 0)
    var exponent = Double(x.exponent)
    var m = x.significand
    if m >= 0x1.6a09e667f3bcdp0 {
      m *= 0.5
      exponent += 1
    }
    let f = m - 1
    let s = f / (m + 1)
    let z = s * s
    var p = 1.0 / 21
    for denominator in stride(from: 19.0, through: 3, by: -2) {
      p = (1 / denominator).addingProduct(p, z)
    }
    // log m = f − s·(f − 2z·p): the leading term f is exact, so that its error can't dominate.
    let logM = f.addingProduct(-s, f.addingProduct(-2 * z, p))
    // ln 2 in two parts; the high one has 32 significant bits, so its product with e is exact.
    let high = exponent * 0x1.62e42feep-1
    return high + logM.addingProduct(exponent, 0x1.a39ef35793c76p-33)
  }

  /// e to the power of x ≤ 0, within 2 units in the last place; 0 below −708, where it is no normal
  /// number.
  ///
  /// x = k·ln 2 + r with |r| ≤ ½ ln 2. What follows r¹⁴/14! is below 2⁻⁵⁸ of the result.
  package static func exponential(_ x: Double) -> Double {
    precondition(x <= 0)
    guard x >= -708 else { return 0 }
    let k = (x * 0x1.71547652b82fep0).rounded(.toNearestOrEven)
    // ln 2 in two parts, as in the logarithm.
    let r = (x - k * 0x1.62e42feep-1).addingProduct(-k, 0x1.a39ef35793c76p-33)
    var p = 1.0
    for n in stride(from: 14.0, through: 1, by: -1) { p = 1.0.addingProduct(r / n, p) }
    return Double(sign: .plus, exponent: Int(k), significand: p)
  }

  /// cos(πx) for 0 ≤ x ≤ 1, within 2⁻⁵².
  ///
  /// The argument is folded into [0, ¼], exactly, and a Taylor series of cosine or sine taken there.
  package static func cosineOfHalfTurns(_ x: Double) -> Double {
    precondition(x >= 0 && x <= 1)
    if x > 0.5 { return -cosineOfHalfTurns(1 - x) }
    return x <= 0.25 ? cosine(x * .pi) : sine((0.5 - x) * .pi)
  }

  /// cos y for |y| ≤ π/4: the series up to y¹⁸/18!, whose remainder is below 2⁻⁶⁶.
  private static func cosine(_ y: Double) -> Double {
    let z = y * y
    var p = 1.0
    for n in stride(from: 18.0, through: 2, by: -2) {
      p = 1.0.addingProduct(-z / (n * (n - 1)), p)
    }
    return p
  }

  /// sin y for |y| ≤ π/4: the series up to y¹⁹/19!, whose remainder is below 2⁻⁶⁶.
  private static func sine(_ y: Double) -> Double {
    let z = y * y
    var p = 1.0
    for n in stride(from: 19.0, through: 3, by: -2) {
      p = 1.0.addingProduct(-z / (n * (n - 1)), p)
    }
    return y * p
  }
}
