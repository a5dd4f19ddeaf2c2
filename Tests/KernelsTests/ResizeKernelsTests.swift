import Kernels
import Testing

/// The vectorized steps of resizing against the sums that define them.
struct ResizeKernelsTests {
  private static let tables = InstructionSet.allCases.compactMap(KernelTable.forced)

  private func numbers(_ count: Int, below bound: Int, seed: Int) -> [Int] {
    var state = UInt32(truncatingIfNeeded: seed &* 2_654_435_761 | 1)
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 8) % bound
    }
  }

  /// Weights of `outputs` outputs that sum to `ResizeKernels.one` each.
  private func weights(outputs: Int, taps: Int) -> [Int16] {
    (0..<outputs).flatMap { output -> [Int16] in
      var row = numbers(taps, below: ResizeKernels.one / taps + 1, seed: output * 31 + taps)
      row[output % taps] += ResizeKernels.one - row.reduce(0, +)
      return row.map { Int16($0) }
    }
  }

  @Test(arguments: 1...9, [1, 4, 12, 31, 32, 33, 64, 100, 1000])
  func `rows are blended exactly`(taps: Int, count: Int) {
    let stride = count + 5
    let picture = numbers(stride * taps + 7, below: 256, seed: count).map { UInt8($0) }
    let weights = weights(outputs: 1, taps: taps)
    let expected = (0..<count).map { index in
      var sum = 128
      for tap in 0..<taps { sum += Int(weights[tap]) * Int(picture[3 + tap * stride + index]) }
      return Int16(sum >> 8)
    }
    for table in Self.tables {
      var blended = [Int16](repeating: -1, count: count)
      var span = blended.mutableSpan
      table.blendRows(
        of: picture.span, from: 3, stride: stride, weights: weights.span, into: &span)
      #expect(blended == expected, "\(table.instructionSet)")
    }
  }

  @Test(arguments: 1...9, [1, 2, 3, 7, 8, 9, 16, 57])
  func `columns are blended exactly and nothing around them is touched`(taps: Int, pixels: Int) {
    let width = taps + 20
    // Up to the largest value that blended rows have.
    let blended = numbers(4 * width, below: 255 * 64 + 1, seed: pixels).map { Int16($0) }
    let weights = weights(outputs: pixels, taps: taps)
    let first = numbers(pixels, below: 21, seed: taps).map { Int32($0) }
    let untouched = [UInt8](repeating: 77, count: 3 * pixels + 10)
    var expected = untouched
    for pixel in 0..<pixels {
      for colour in 0..<3 {
        var sum = 1 << 19
        for tap in 0..<taps {
          let value = Int(blended[4 * (Int(first[pixel]) + tap) + colour])
          sum += Int(weights[taps * pixel + tap]) * value
        }
        expected[5 + 3 * pixel + colour] = UInt8(sum >> 20)
      }
    }
    for table in Self.tables {
      var picture = untouched
      var span = picture.mutableSpan
      table.blendColumns(
        of: blended.span, first: first.span, weights: weights.span, taps: taps, into: &span, at: 5)
      #expect(picture == expected, "\(table.instructionSet)")
    }
  }
}
