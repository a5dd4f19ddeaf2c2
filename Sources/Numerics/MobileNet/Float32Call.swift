import Kernels

/// One call of a float32 kernel, with everything that doesn't depend on the sample: looking up
/// layers and buffers for some 230 calls would take more than a hundredth of a pass.
struct Float32Call: Sendable {
  private enum Operation: Sendable {
    case convolution(Taps, channels: Int, residual: PixelRows?, Activation)
    case depthwise(DepthwiseWindow, Activation)
    case averagePool(x: PixelRows)
    case combine(KernelTable.Binary, a: PixelRows, b: PixelRows, Activation)
    /// Offsets and strides in bytes.
    case copy(x: PixelRows, y: PixelRows, byteCount: Int)
  }

  private let operation: Operation
  /// The extent of the output, or of a pooling layer's input.
  private let rows: Int
  private let width: Int
  /// Elements of an output pixel.
  private let outputs: Int
  private let inputRows: [Int]
  /// Where the layer's weights begin.
  private let packed: Int
  private let y: PixelRows

  /// The calls that compute rows of a layer.
  static func calls(
    _ plan: Plan, layer index: Int, rows: Range<Int>, packed: Int
  ) -> [Float32Call] {
    let layer = plan.network.layers[index]
    let x = plan.buffers[layer.inputs[0]]
    let y = plan.buffers[layer.output]
    let call = { (operation: Operation, rows: Range<Int>, inputRows: [Int]) in
      Float32Call(
        operation: operation, rows: rows.count, width: y.shape.width, outputs: y.pixelStride,
        inputRows: inputRows, packed: packed, y: y.pixels(rows.lowerBound))
    }
    switch layer.operation {
    case .convolution(let c), .depthwise(let c):
      var calls: [Float32Call] = []
      var row = rows.lowerBound
      while row < rows.upperBound {
        let run = row..<row + plan.run(of: row..<rows.upperBound, layer, c)
        var inputRows: [Int] = []
        plan.appendInputRows(of: run, layer, c, to: &inputRows)
        let operation: Operation =
          if case .depthwise = layer.operation {
            .depthwise(c.window(x), c.activation)
          } else {
            .convolution(
              c.taps(x, perPixel: c.inputs), channels: c.outputs,
              residual: layer.residual.map { plan.buffers[$0].pixels(row) }, c.activation)
          }
        calls.append(call(operation, run, inputRows))
        row = run.upperBound
      }
      return calls
    case .averagePool:
      return [
        Float32Call(
          operation: .averagePool(x: x.pixels(0)), rows: x.shape.height, width: x.shape.width,
          outputs: x.pixelStride, inputRows: [], packed: packed, y: y.pixels(0))
      ]
    case .concatenate: return copies(plan, layer, rows: rows)
    case .combine(let operation, let activation):
      let second = plan.buffers[layer.inputs[1]]
      let b =
        second.shape == y.shape
        ? second.pixels(rows.lowerBound)
        : PixelRows(offset: second.pixels(0).offset, pixelStride: 0, rowStride: 0)
      return [
        call(.combine(operation, a: x.pixels(rows.lowerBound), b: b, activation), rows, [])
      ]
    }
  }

  private static func copies(
    _ plan: Plan, _ layer: Layer, rows: Range<Int>
  ) -> [Float32Call] {
    let y = plan.buffers[layer.output]
    var target = y.pixels(rows.lowerBound)
    return layer.inputs.map { input in
      let part = plan.buffers[input]
      defer { target.offset += part.shape.channels }
      return Float32Call(
        operation: .copy(
          x: part.pixels(rows.lowerBound).inBytes, y: target.inBytes,
          byteCount: 4 * part.shape.channels),
        rows: rows.count, width: y.shape.width, outputs: y.pixelStride, inputRows: [], packed: 0,
        y: target)
    }
  }

  func run(_ arena: Arena, _ weights: PackedWeights, _ kernels: KernelTable) {
    switch operation {
    case .convolution(let taps, let channels, let residual, let activation):
      kernels.convolve(
        arena, rows: rows, width: width, inputRows: inputRows, taps: taps, weights: weights,
        packed: packed, outputs: outputs, channels: channels, y: y, residual: residual,
        activation: activation)
    case .depthwise(let window, let activation):
      kernels.convolveDepthwise(
        arena, rows: rows, width: width, channels: outputs, inputRows: inputRows, window: window,
        weights: weights, packed: packed, y: y, activation: activation)
    case .averagePool(let x):
      kernels.pool(
        arena, rows: rows, width: width, channels: outputs, x: x, output: y.offset)
    case .copy(let x, let y, let byteCount):
      kernels.copyChannels(
        arena, rows: rows, width: width, byteCount: byteCount, x: x, y: y, table: nil)
    case .combine(let operation, let a, let b, let activation):
      kernels.combine(
        arena, operation, rows: rows, width: width, channels: outputs, a: a, b: b, y: y,
        activation: activation)
    }
  }
}

extension PixelRows {
  /// Counted in bytes instead of float32 values.
  fileprivate var inBytes: PixelRows {
    PixelRows(offset: 4 * offset, pixelStride: 4 * pixelStride, rowStride: 4 * rowStride)
  }
}
