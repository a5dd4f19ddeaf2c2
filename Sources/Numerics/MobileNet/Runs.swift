import Kernels

extension Plan {
  /// How many of a layer's output rows, from the first on, lie one after the other, in the output
  /// and the residual, and need no more input rows than one call takes.
  func run(of rows: Range<Int>, _ layer: Layer, _ c: Convolution) -> Int {
    let countMax = (Arena.rowCountMax - c.kernelHeight) / c.stride + 1
    let count = min(rows.count, buffers[layer.output].run(from: rows.lowerBound), countMax)
    guard let residual = layer.residual else { return count }
    return min(count, buffers[residual].run(from: rows.lowerBound))
  }

  /// Where the input rows of a run begin, for the output's first pixel: the row of padding where one
  /// lies above or below the input.
  func appendInputRows(
    of run: Range<Int>, _ layer: Layer, _ c: Convolution, to offsets: inout [Int]
  ) {
    let x = buffers[layer.inputs[0]]
    let first = (x.padLeft - c.padLeft) * x.pixelStride
    for place in 0..<c.reach(run.count, kernel: c.kernelHeight) {
      let row = run.lowerBound * c.stride - c.padTop + place
      if row >= 0 && row < x.shape.height {
        offsets.append(x.rowStart(row) + first)
      } else if let padding = paddingRows[x.paddingByte] {
        offsets.append(padding.lowerBound + first)
      } else {
        preconditionFailure("the plan has no padding for a kernel that leaves its input")
      }
    }
  }
}

extension Convolution {
  /// What an output pixel sums over. Where input pixels lie densely, a kernel row is one segment;
  /// else every tap is.
  func taps(_ x: Buffer, perPixel: Int) -> Taps {
    let isDense = x.pixelStride == perPixel
    return Taps(
      kernelHeight: kernelHeight, rowStep: stride, segments: isDense ? 1 : kernelWidth,
      segmentLength: isDense ? kernelWidth * perPixel : perPixel, segmentStride: x.pixelStride,
      pixelStride: stride * x.pixelStride)
  }

  /// Where the weight is, among those of an output channel, that each place of a dense kernel's sum meets;
  /// nil for what fills a pixel up to `perPixel` inputs.
  func sumOrder(perPixel: Int) -> [Int?] {
    let taps = kernelHeight * kernelWidth
    return (0..<taps * perPixel).map { place in
      let input = place % perPixel
      return input < inputs ? input * taps + place / perPixel : nil
    }
  }

  func window(_ x: Buffer) -> DepthwiseWindow {
    DepthwiseWindow(
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, stride: stride,
      pixelStride: x.pixelStride)
  }
}
