import Kernels
import Testing

/// The vectorized steps of resizing against the sums that define them.
struct ResizeKernelsTests {
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
    var blended = [Int16](repeating: -1, count: count)
    var span = blended.mutableSpan
    ResizeKernels.blendRows(
      of: picture.span, from: 3, stride: stride, weights: weights.span, into: &span)
    for index in 0..<count {
      var sum = 128
      for tap in 0..<taps { sum += Int(weights[tap]) * Int(picture[3 + tap * stride + index]) }
      #expect(Int(blended[index]) == sum >> 8)
    }
  }

  @Test(arguments: 1...9, [1, 2, 3, 16, 57])
  func `columns are blended exactly and nothing around them is touched`(taps: Int, pixels: Int) {
    let width = taps + 20
    // Up to the largest value that blended rows have.
    let blended = numbers(4 * width, below: 255 * 64 + 1, seed: pixels).map { Int16($0) }
    let weights = weights(outputs: pixels, taps: taps)
    let first = numbers(pixels, below: 21, seed: taps).map { Int32($0) }
    var picture = [UInt8](repeating: 77, count: 3 * pixels + 10)
    var span = picture.mutableSpan
    ResizeKernels.blendColumns(
      of: blended.span, first: first.span, weights: weights.span, taps: taps, into: &span, at: 5)
    for index in picture.indices {
      guard (5..<5 + 3 * pixels).contains(index) else {
        #expect(picture[index] == 77)
        continue
      }
      let (pixel, colour) = ((index - 5) / 3, (index - 5) % 3)
      var sum = 1 << 19
      for tap in 0..<taps {
        let value = Int(blended[4 * (Int(first[pixel]) + tap) + colour])
        sum += Int(weights[taps * pixel + tap]) * value
      }
      #expect(Int(picture[index]) == sum >> 20)
    }
  }
}
