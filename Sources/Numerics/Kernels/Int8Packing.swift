import CKernels

/// Lays int8 weights out as the kernels read them.
extension Packing {
  /// The panels of `channels`, a multiple of 16: first channel and number of vectors of each.
  static func panels(_ channels: Int) -> [(first: Int, vectors: Int)] {
    var panels: [(first: Int, vectors: Int)] = []
    var first = 0
    while first < channels {
      let left = channels - first
      let vectors = left >= 64 ? 4 : left >= 32 ? 2 : 1
      panels.append((first, vectors))
      first += 16 * vectors
    }
    return panels
  }

  /// The channel at each place of the panels' order.
  package static func panelOrder(_ channels: Int) -> [Int] {
    panels(padded(channels)).flatMap { first, vectors in
      (0..<16 * vectors).map { n in
        first + 4 * vectors * (n % 16 / 4) + 4 * (n / 16) + n % 4
      }
    }
  }

  /// The panels of a dense int8 convolution.
  ///
  /// - Parameters:
  ///   - taps: the length of the sum, a multiple of 4
  ///   - weights: [output][place in the sum]
  package static func int8Convolution(outputs: Int, taps: Int, weights: [Int8]) -> [UInt8] {
    precondition(taps.isMultiple(of: 4) && weights.count == outputs * taps)
    let order = panelOrder(outputs)
    var packed: [UInt8] = []
    packed.reserveCapacity(order.count * taps)
    for (first, vectors) in panels(padded(outputs)) {
      for tap in stride(from: 0, to: taps, by: 4) {
        for n in first..<first + 16 * vectors { packed.appendFour(weights, order[n] * taps + tap) }
      }
    }
    return packed
  }

  /// What the magnitudes of weights may add up to so that, each times a byte, their sum has 16 bits.
  package static let shortSumMax = Int(TL_S8_SUM_MAX)

  /// The largest of the sums of magnitudes whose products kernels may add up in 16 bits, where it is at
  /// most `shortSumMax`: those at places 8j + {0, 1, 4, 5} and 8j + {2, 3, 6, 7} of a channel's sum. So
  /// processors without an int8 dot product multiply bytes, and add four products before they widen.
  ///
  /// - Parameter weights: of one channel, in the order of its sum
  package static func largestShortSum(_ weights: ArraySlice<Int8>) -> Int {
    largestShortSum(weights.count) { Int(weights[weights.startIndex + $0].magnitude) }
  }

  /// The same of weights that haven't been rounded.
  package static func largestShortSum(_ weights: [Double]) -> Double {
    largestShortSum(weights.count) { abs(weights[$0]) }
  }

  private static func largestShortSum<Number: Comparable & AdditiveArithmetic>(
    _ taps: Int, magnitude: (_ tap: Int) -> Number
  ) -> Number {
    var largest = Number.zero
    for first in stride(from: 0, to: taps, by: 8) {
      var (even, odd) = (Number.zero, Number.zero)
      for tap in first..<min(first + 8, taps) {
        if tap % 4 < 2 { even += magnitude(tap) } else { odd += magnitude(tap) }
      }
      largest = max(largest, even, odd)
    }
    return largest
  }

  /// The plain weights of a depthwise int8 convolution.
  package static func int8Depthwise(
    channels: Int, taps: Int, weight: (_ channel: Int, _ tap: Int) -> Int8
  ) -> [UInt8] {
    (0..<taps).flatMap { tap in
      (0..<padded(channels)).map { c in c < channels ? UInt8(bitPattern: weight(c, tap)) : 0 }
    }
  }

  /// The interleaved weights of a 3x3 depthwise int8 convolution; see `tl_u8s8_depthwise`.
  package static func int8Interleaved(
    channels: Int, weight: (_ channel: Int, _ tap: Int) -> Int8
  ) -> [UInt8] {
    // Which of the kernel row's three weights meets each of four neighbouring pixels.
    let arrangements: [[Int?]] = [
      [0, 1, 2, nil], [nil, 0, 1, 2], [2, nil, 0, 1], [1, 2, nil, 0],
    ]
    var packed: [UInt8] = []
    for first in stride(from: 0, to: padded(channels), by: group) {
      for ky in 0..<3 {
        for arrangement in arrangements {
          for channel in first..<first + group {
            for kx in arrangement {
              if let kx, channel < channels {
                packed.append(UInt8(bitPattern: weight(channel, 3 * ky + kx)))
              } else {
                packed.append(0)
              }
            }
          }
        }
      }
    }
    return packed
  }
}

extension [UInt8] {
  /// Appends four neighbouring weights, or zeros from the end of all weights on.
  mutating func appendFour(_ weights: [Int8], _ first: Int) {
    for k in first..<first + 4 { append(k < weights.count ? UInt8(bitPattern: weights[k]) : 0) }
  }
}
