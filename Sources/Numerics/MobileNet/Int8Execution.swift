import Kernels

/// The layers of an int8 backbone.
extension FeatureExtractor {
  mutating func computeInt8(_ index: Int, _ rows: Range<Int>) {
    let layer = backbone.plan.network.layers[index]
    let quantized = backbone.quantizedLayers[index]
    let x = backbone.plan.buffers[layer.inputs[0]]
    let y = backbone.plan.buffers[layer.output]
    switch layer.operation {
    case .convolution(let c):
      if quantized.borders.runs.isEmpty {
        let all = Borders.Run(first: 0, count: y.shape.width, taps: 0..<c.kernelWidth)
        convolveInt8(layer, quantized, c, rows, columns: all, bias: quantized.weights.bias)
      } else {
        convolveInputInt8(layer, quantized, c, rows)
      }
    case .depthwise(let c):
      inRuns(of: rows, layer, c) { extractor, row, count in
        extractor.backbone.kernels.convolveDepthwiseInt8(
          extractor.arena, rows: count, width: y.shape.width, channels: y.pixelStride,
          inputRows: extractor.inputRows, window: c.window(x),
          weights: extractor.backbone.weights, layer: quantized.weights, y: y.pixels(row))
      }
    case .averagePool:
      backbone.kernels.poolInt8(
        arena, rows: x.shape.height, width: x.shape.width, channels: x.pixelStride,
        x: x.pixels(0), sumOffset: quantized.poolOffset, scale: quantized.poolScale,
        output: y.offset)
    case .concatenate:
      var first = 0
      for (input, table) in zip(layer.inputs, quantized.parts) {
        let part = backbone.plan.buffers[input]
        var target = y.pixels(rows.lowerBound)
        target.offset += first
        backbone.kernels.copyChannels(
          arena, rows: rows.count, width: y.shape.width, byteCount: part.shape.channels,
          x: part.pixels(rows.lowerBound), y: target, table: table)
        first += part.shape.channels
      }
    case .combine(let operation, _):
      guard let parameters = quantized.combination else {
        preconditionFailure("a sum or product is packed with its parameters")
      }
      let second = backbone.plan.buffers[layer.inputs[1]]
      backbone.kernels.combineInt8(
        arena, operation, rows: rows.count, width: y.shape.width, channels: y.pixelStride,
        a: x.pixels(rows.lowerBound),
        b: second.shape == y.shape && operation == .add
          ? second.pixels(rows.lowerBound)
          : PixelRows(offset: second.pixels(0).offset, pixelStride: 0, rowStride: 0),
        y: y.pixels(rows.lowerBound), parameters: parameters)
    }
    applyTable(quantized, rows, y)
  }

  /// An activation that isn't a clip, on rows that hold the sums.
  private func applyTable(_ quantized: QuantizedLayer, _ rows: Range<Int>, _ y: Buffer) {
    guard let table = quantized.table else { return }
    var row = rows.lowerBound
    while row < rows.upperBound {
      let count = min(rows.upperBound - row, y.run(from: row))
      backbone.kernels.lookUpInt8(
        arena, rows: count, width: y.shape.width, channels: y.pixelStride, y: y.pixels(row),
        table: table)
      row += count
    }
  }

  /// Rows of a depthwise layer and what it needs of the expansion before it.
  mutating func computeExpandedInt8(_ index: Int, _ rows: Range<Int>) {
    let plan = backbone.plan
    let (first, second) = (plan.network.layers[index - 1], plan.network.layers[index])
    guard case .convolution(let dense) = first.operation,
      case .depthwise(let depthwise) = second.operation
    else { preconditionFailure("an expansion precedes a depthwise convolution") }
    let (x, y) = (plan.buffers[first.inputs[0]], plan.buffers[second.output])
    let between = plan.network.tensors[first.output]
    let weights = backbone.quantizedLayers[index - 1].weights
    inRuns(of: rows, second, depthwise) { extractor, row, count in
      let read = second.inputRows(for: row..<row + count)
      let expanded = read.clamped(to: 0..<between.height)
      extractor.inputRows.removeAll(keepingCapacity: true)
      for place in expanded { extractor.inputRows.append(x.pixels(place).offset) }
      extractor.backbone.kernels.expandDepthwiseInt8(
        extractor.arena, rows: count, width: y.shape.width, channels: y.pixelStride,
        stride: depthwise.stride, inputRows: extractor.inputRows,
        expansion: Int8Expansion(
          rows: expanded.count, width: between.width,
          taps: dense.taps(x, perPixel: (dense.inputs + 3) / 4 * 4), layer: weights,
          padTop: expanded.lowerBound - read.lowerBound, padLeft: depthwise.padLeft),
        weights: extractor.backbone.weights,
        layer: extractor.backbone.quantizedLayers[index].weights, y: y.pixels(row))
    }
    applyTable(backbone.quantizedLayers[index], rows, y)
  }

  /// The convolution of the input: block by block of outputs that have the same biases.
  private mutating func convolveInputInt8(
    _ layer: Layer, _ quantized: QuantizedLayer, _ c: Convolution, _ rows: Range<Int>
  ) {
    let borders = quantized.borders
    var row = rows.lowerBound
    while row < rows.upperBound {
      let rowClass = borders.rowClasses[row]
      var end = row + 1
      while end < rows.upperBound, borders.rowClasses[end] == rowClass { end += 1 }
      for (place, run) in borders.runs.enumerated() {
        convolveInt8(
          layer, quantized, c, row..<end, columns: run, bias: borders.biases[rowClass][place])
      }
      row = end
    }
  }

  private mutating func convolveInt8(
    _ layer: Layer, _ quantized: QuantizedLayer, _ c: Convolution, _ rows: Range<Int>,
    columns: Borders.Run, bias: Int
  ) {
    let x = backbone.plan.buffers[layer.inputs[0]]
    let y = backbone.plan.buffers[layer.output]
    let taps = c.taps(x, perPixel: (c.inputs + 3) / 4 * 4)
    inRuns(of: rows, layer, c) { extractor, row, count in
      for place in extractor.inputRows.indices {
        extractor.inputRows[place] += columns.first * taps.pixelStride
      }
      var output = y.pixels(row)
      output.offset += columns.first * y.pixelStride
      var residual: (rows: PixelRows, parameters: Int8Residual)?
      if let other = layer.residual, let parameters = quantized.residual {
        var pixels = extractor.backbone.plan.buffers[other].pixels(row)
        pixels.offset += columns.first * pixels.pixelStride
        residual = (pixels, parameters)
      }
      extractor.backbone.kernels.convolveInt8(
        extractor.arena, rows: count, width: columns.count, inputRows: extractor.inputRows,
        taps: taps, weights: extractor.backbone.weights, layer: quantized.weights, bias: bias,
        outputs: y.pixelStride, channels: y.shape.channels, y: output, residual: residual)
    }
  }
}
