import Kernels

/// Runs a backbone, one sample at a time. One per thread: it owns its working memory and allocates
/// nothing per sample.
public struct FeatureExtractor: ~Copyable {
  let backbone: Backbone
  let arena: Arena
  /// The offsets of a convolution's input rows, filled anew for every call.
  var inputRows: [Int] = []

  public init(_ backbone: Backbone) {
    self.backbone = backbone
    arena = Arena(byteCount: backbone.arenaByteCount)
    inputRows.reserveCapacity(Arena.rowCountMax)
    // The arena begins as zeros.
    for (byte, row) in backbone.plan.paddingRows where byte != 0 { arena.fill(row, with: byte) }
  }

  /// Computes the features of one image.
  ///
  /// - Parameters:
  ///   - pixels: height x width x 3 bytes, red, green and blue of each pixel in turn
  ///   - features: receives `featureCount` values
  public mutating func features(pixels: Span<UInt8>, into features: inout MutableSpan<Float>) {
    precondition(features.count == backbone.featureCount)
    for command in backbone.plan.commands {
      if case .input(let rows) = command {
        load(rows, of: pixels)
      } else {
        execute(command)
      }
    }
    takeFeatures(into: &features)
  }

  /// Computes the features of one normalized image, for comparison with other engines.
  ///
  /// - Parameters:
  ///   - input: 3 x height x width values, plane by plane
  ///   - features: receives `featureCount` values
  /// - Precondition: the backbone runs in float32
  public mutating func features(input: Span<Float>, into features: inout MutableSpan<Float>) {
    let (height, width) = backbone.inputSize
    precondition(input.count == height * width * 3 && backbone.precision == .float32)
    precondition(features.count == backbone.featureCount)
    for command in backbone.plan.commands {
      if case .input(let rows) = command {
        for row in rows {
          let start = backbone.plan.buffers[0].pixels(row).offset
          for index in 0..<width * 3 {
            arena.store(
              input[(index % 3 * height + row) * width + index / 3], at: start + index)
          }
        }
      } else {
        execute(command)
      }
    }
    takeFeatures(into: &features)
  }

  /// Runs one image, and tells the range of every tensor that a layer gives: for calibration.
  ///
  /// - Precondition: the backbone runs in float32 and its layers stand alone
  mutating func observe(
    pixels: Span<UInt8>, _ see: (TensorIndex, _ low: Float, _ high: Float) -> Void
  ) {
    for command in backbone.plan.commands {
      switch command {
      case .input(let rows): load(rows, of: pixels)
      case .clearPadding: execute(command)
      case .expandedLayer: preconditionFailure("layers that stand alone have no expansions")
      case .layer(let index, let rows):
        execute(command)
        let tensor = backbone.plan.network.layers[index].output
        let buffer = backbone.plan.buffers[tensor]
        for row in rows {
          let start = buffer.pixels(row).offset
          for pixel in 0..<buffer.shape.width {
            let first = start + pixel * buffer.pixelStride
            let (low, high) = arena.extremes(first..<first + buffer.shape.channels)
            see(tensor, low, high)
          }
        }
      }
    }
  }

  private mutating func load(_ rows: Range<Int>, of pixels: Span<UInt8>) {
    let rowLength = backbone.inputSize.width * 3
    precondition(pixels.count == backbone.inputSize.height * rowLength)
    let buffer = backbone.plan.buffers[0]
    for row in rows {
      let source = pixels.extracting(row * rowLength..<(row + 1) * rowLength)
      let start = buffer.pixels(row).offset
      switch backbone.precision {
      case .float32: arena.storeLooked(up: source, in: backbone.byteValues.span, at: start)
      case .int8: backbone.kernels.widenPixelsInt8(source, arena, at: start)
      }
    }
  }

  private func takeFeatures(into features: inout MutableSpan<Float>) {
    let layers = backbone.plan.network.layers
    let offset = backbone.plan.buffers[layers[layers.count - 1].output].offset
    arena.load(at: offset * backbone.precision.elementByteCount / 4, into: &features)
  }

  private mutating func execute(_ command: Plan.Command) {
    switch command {
    case .input: break
    case .clearPadding(let tensor): clearPadding(backbone.plan.buffers[tensor])
    case .layer(let index, let rows):
      switch backbone.precision {
      case .float32: compute(index, rows)
      case .int8: computeInt8(index, rows)
      }
    case .expandedLayer(let index, let rows): computeExpandedInt8(index, rows)
    }
  }

  /// Runs all commands but the input's, each between a call of `before` with its layer and one of
  /// `after`: for benchmarks.
  package mutating func runTimed(before: () -> Void, after: (_ layer: Int?) -> Void) {
    for command in backbone.plan.commands {
      before()
      execute(command)
      switch command {
      case .layer(let index, _), .expandedLayer(let index, _): after(index)
      case .input, .clearPadding: after(nil)
      }
    }
  }

  private func clearPadding(_ buffer: Buffer) {
    for slot in 0..<buffer.slots {
      let start = buffer.offset + slot * buffer.rowStride
      let end = start + buffer.rowStride
      let left = start..<start + buffer.padLeft * buffer.pixelStride
      let right = end - buffer.padRight * buffer.pixelStride..<end
      switch backbone.precision {
      case .float32:
        arena.zero(left)
        arena.zero(right)
      case .int8:
        arena.fill(left, with: buffer.paddingByte)
        arena.fill(right, with: buffer.paddingByte)
      }
    }
  }

  private mutating func compute(_ index: Int, _ rows: Range<Int>) {
    let layer = backbone.plan.network.layers[index]
    let buffers = backbone.plan.buffers
    let y = buffers[layer.output]
    switch layer.operation {
    case .convolution(let c):
      inRuns(of: rows, layer, c) { extractor, row, count in
        extractor.backbone.kernels.convolve(
          extractor.arena, rows: count, width: y.shape.width, inputRows: extractor.inputRows,
          taps: c.taps(buffers[layer.inputs[0]], perPixel: c.inputs),
          weights: extractor.backbone.weights, packed: extractor.backbone.packedOffsets[index],
          outputs: y.pixelStride, channels: c.outputs, y: y.pixels(row),
          residual: layer.residual.map { buffers[$0].pixels(row) }, activation: c.activation)
      }
    case .depthwise(let c):
      inRuns(of: rows, layer, c) { extractor, row, count in
        extractor.backbone.kernels.convolveDepthwise(
          extractor.arena, rows: count, width: y.shape.width, channels: y.pixelStride,
          inputRows: extractor.inputRows, window: c.window(buffers[layer.inputs[0]]),
          weights: extractor.backbone.weights, packed: extractor.backbone.packedOffsets[index],
          y: y.pixels(row), activation: c.activation)
      }
    case .averagePool:
      let x = buffers[layer.inputs[0]]
      backbone.kernels.pool(
        arena, rows: x.shape.height, width: x.shape.width, channels: x.pixelStride,
        x: x.pixels(0), output: y.pixels(0).offset)
    case .combine(let operation, let activation):
      let a = buffers[layer.inputs[0]].pixels(rows.lowerBound)
      let second = buffers[layer.inputs[1]]
      let b =
        second.shape == y.shape
        ? second.pixels(rows.lowerBound)
        : PixelRows(offset: second.pixels(0).offset, pixelStride: 0, rowStride: 0)
      backbone.kernels.combine(
        arena, operation, rows: rows.count, width: y.shape.width, channels: y.pixelStride, a: a,
        b: b, y: y.pixels(rows.lowerBound), activation: activation)
    }
  }

  /// Splits output rows into runs that lie one after the other, in the output and the residual, and
  /// collects the input rows of each.
  mutating func inRuns(
    of rows: Range<Int>, _ layer: Layer, _ c: Convolution,
    _ compute: (inout FeatureExtractor, _ row: Int, _ count: Int) -> Void
  ) {
    let x = backbone.plan.buffers[layer.inputs[0]]
    let y = backbone.plan.buffers[layer.output]
    let countMax = (Arena.rowCountMax - c.kernelHeight) / c.stride + 1
    var row = rows.lowerBound
    while row < rows.upperBound {
      var count = min(rows.upperBound - row, y.run(from: row), countMax)
      if let residual = layer.residual {
        count = min(count, backbone.plan.buffers[residual].run(from: row))
      }
      inputRows.removeAll(keepingCapacity: true)
      for place in 0..<c.reach(count, kernel: c.kernelHeight) {
        inputRows.append(inputRow(x, c, row * c.stride - c.padTop + place))
      }
      compute(&self, row, count)
      row += count
    }
  }

  /// Where an input row begins, for the output's first pixel: the row of padding where it lies above
  /// or below the input.
  private func inputRow(_ x: Buffer, _ c: Convolution, _ row: Int) -> Int {
    let start: Int
    if row >= 0 && row < x.shape.height {
      start = x.rowStart(row)
    } else if let padding = backbone.plan.paddingRows[x.paddingByte] {
      start = padding.lowerBound
    } else {
      preconditionFailure("the plan has no padding for a kernel that leaves its input")
    }
    return start + (x.padLeft - c.padLeft) * x.pixelStride
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

  func window(_ x: Buffer) -> DepthwiseWindow {
    DepthwiseWindow(
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, stride: stride,
      pixelStride: x.pixelStride)
  }
}
