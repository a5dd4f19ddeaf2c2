import Kernels

/// The layers of an int8 backbone.
extension FeatureExtractor {
  mutating func computeInt8(_ index: Int, _ rows: Range<Int>) {
    let layer = backbone.plan.network.layers[index]
    let quantized = backbone.quantizedLayers[index]
    switch layer.operation {
    case .convolution(let c):
      if c.kernelHeight == 1, c.kernelWidth == 1, c.stride == 1, quantized.borders.runs.isEmpty {
        convolvePointwiseInt8(layer, quantized, c, rows)
      } else {
        for row in rows { convolveRowInt8(layer, quantized, c, row) }
      }
    case .depthwise(let c): convolveDepthwiseInt8(layer, quantized, c, rows)
    case .averagePool:
      let x = backbone.plan.buffers[layer.inputs[0]]
      backbone.kernels.poolInt8(
        arena, rows: x.shape.height, width: x.shape.width, channels: x.pixelStride,
        x: x.pixels(0), sumOffset: quantized.poolOffset, scale: quantized.poolScale,
        output: backbone.plan.buffers[layer.output].offset)
    case .combine: preconditionFailure("an int8 network has no sums apart from convolutions")
    }
  }

  private mutating func convolvePointwiseInt8(
    _ layer: Layer, _ quantized: QuantizedLayer, _ c: Convolution, _ rows: Range<Int>
  ) {
    let x = backbone.plan.buffers[layer.inputs[0]]
    let y = backbone.plan.buffers[layer.output]
    let residual = layer.residual.map { backbone.plan.buffers[$0] }
    var row = rows.lowerBound
    while row < rows.upperBound {
      let count = min(
        rows.upperBound - row, x.run(from: row), y.run(from: row),
        residual?.run(from: row) ?? Int.max)
      segments.removeAll(keepingCapacity: true)
      segments.append(x.pixels(row).offset)
      backbone.kernels.convolveInt8(
        arena, rows: count, width: y.shape.width, segments: segments,
        segmentLength: (c.inputs + 3) / 4 * 4, x: x.pixels(row), weights: backbone.weights,
        layer: quantized.weights, bias: quantized.weights.bias, outputs: y.pixelStride,
        y: y.pixels(row), residual: residualInt8(layer, quantized, row))
      row += count
    }
  }

  /// One row of a convolution of any size, run by run of columns with the same biases.
  private mutating func convolveRowInt8(
    _ layer: Layer, _ quantized: QuantizedLayer, _ c: Convolution, _ row: Int
  ) {
    let x = backbone.plan.buffers[layer.inputs[0]]
    let y = backbone.plan.buffers[layer.output]
    let perPixel = (c.inputs + 3) / 4 * 4
    let isDense = x.pixelStride == perPixel
    let borders = quantized.borders
    let runs =
      borders.runs.isEmpty
      ? [Borders.Run(first: 0, count: y.shape.width, taps: 0..<c.kernelWidth)] : borders.runs
    for (place, run) in runs.enumerated() {
      segments.removeAll(keepingCapacity: true)
      for ky in 0..<c.kernelHeight {
        let start = inputRow(x, c, row, ky) + run.first * c.stride * x.pixelStride
        for kx in 0..<(isDense ? 1 : c.kernelWidth) {
          segments.append(start + kx * x.pixelStride)
        }
      }
      var output = y.pixels(row)
      output.offset += run.first * y.pixelStride
      var residual = residualInt8(layer, quantized, row)
      if let stride = residual?.rows.pixelStride { residual?.rows.offset += run.first * stride }
      backbone.kernels.convolveInt8(
        arena, rows: 1, width: run.count, segments: segments,
        segmentLength: isDense ? c.kernelWidth * perPixel : perPixel,
        x: PixelRows(offset: 0, pixelStride: c.stride * x.pixelStride, rowStride: 0),
        weights: backbone.weights, layer: quantized.weights,
        bias: borders.runs.isEmpty
          ? quantized.weights.bias : borders.biases[borders.rowClasses[row]][place],
        outputs: y.pixelStride, y: output, residual: residual)
    }
  }

  private mutating func convolveDepthwiseInt8(
    _ layer: Layer, _ quantized: QuantizedLayer, _ c: Convolution, _ rows: Range<Int>
  ) {
    let x = backbone.plan.buffers[layer.inputs[0]]
    let y = backbone.plan.buffers[layer.output]
    let rowCountMax = (Arena.segmentCountMax - c.kernelHeight) / c.stride + 1
    var row = rows.lowerBound
    while row < rows.upperBound {
      let count = min(rows.upperBound - row, y.run(from: row), rowCountMax)
      segments.removeAll(keepingCapacity: true)
      for ky in 0..<c.reach(count, kernel: c.kernelHeight) {
        segments.append(inputRow(x, c, row, ky))
      }
      backbone.kernels.convolveDepthwiseInt8(
        arena, rowCount: count, width: y.shape.width, channels: y.pixelStride,
        kernelHeight: c.kernelHeight, kernelWidth: c.kernelWidth, stride: c.stride,
        rows: segments, pixelStride: x.pixelStride, weights: backbone.weights,
        layer: quantized.weights, y: y.pixels(row))
      row += count
    }
  }

  private func residualInt8(
    _ layer: Layer, _ quantized: QuantizedLayer, _ row: Int
  ) -> (rows: PixelRows, parameters: Int8Residual)? {
    guard let residual = layer.residual, let parameters = quantized.residual else { return nil }
    return (backbone.plan.buffers[residual].pixels(row), parameters)
  }
}
