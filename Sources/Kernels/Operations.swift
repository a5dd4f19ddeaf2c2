import CKernels

/// What happens to a value after a layer's sum.
package enum Activation: Hashable, Sendable {
  /// x > low ? (x < high ? x : high) : low
  case clip(low: Float, high: Float)
  /// x · (clip(x + 3, 0, 6) / 6)
  case hardSwish
  /// clip(alpha · x + beta, 0, 1)
  case hardSigmoid(alpha: Float, beta: Float)

  /// Leaves every number as it is.
  package static let none = clip(low: -.infinity, high: .infinity)

  var parameters: tl_activation {
    switch self {
    case .clip(let low, let high): tl_activation(kind: TL_CLIP, low: low, high: high)
    case .hardSwish: tl_activation(kind: TL_HARD_SWISH, low: 0, high: 0)
    case .hardSigmoid(let alpha, let beta):
      tl_activation(kind: TL_HARD_SIGMOID, low: alpha, high: beta)
    }
  }
}

/// Where rows of pixels lie in an arena: offset and strides are counted in elements.
package struct PixelRows: Sendable {
  package var offset: Int
  package var pixelStride: Int
  package var rowStride: Int

  package init(offset: Int, pixelStride: Int, rowStride: Int) {
    self.offset = offset
    self.pixelStride = pixelStride
    self.rowStride = rowStride
  }

  /// Traps unless `rows` x `width` pixels of `length` elements lie within `count` elements.
  func check(rows: Int, width: Int, length: Int, within count: Int) {
    precondition(offset >= 0 && pixelStride >= 0 && rowStride >= 0)
    let last = offset + (rows - 1) * rowStride + (width - 1) * pixelStride + length
    precondition(last <= count, "pixels beyond the arena")
  }
}

/// The operations on an arena. Each checks that everything it touches lies inside its memory, so
/// that a wrong plan traps instead of corrupting.
extension KernelTable {
  /// A dense convolution over `rows` x `width` output pixels; see `tl_f32_convolution`.
  ///
  /// - Parameters:
  ///   - segments: the offset of each segment's first pixel; their strides are those of `x`
  ///   - packed: the offset of the layer's panels in the weights
  ///   - outputs: a multiple of 16
  ///   - residual: added to the activated values
  package func convolve(
    _ arena: Arena, rows: Int, width: Int, segments: some Collection<Int>, segmentLength: Int,
    x: PixelRows, weights: PackedWeights, packed: Int, outputs: Int, y: PixelRows,
    residual: PixelRows?, activation: Activation
  ) {
    precondition(rows > 0 && width > 0 && segmentLength > 0 && outputs > 0)
    precondition(outputs.isMultiple(of: 16) && segments.count <= Arena.segmentCountMax)
    let count = arena.floatCount
    // unsafe, here and below: every address is an offset that was checked against its arena.
    for (index, offset) in segments.enumerated() {
      var here = x
      here.offset = offset
      here.check(rows: rows, width: width, length: segmentLength, within: count)
      unsafe arena.addresses[index] = UnsafePointer(arena.floats + offset)
    }
    y.check(rows: rows, width: width, length: outputs, within: count)
    residual?.check(rows: rows, width: width, length: outputs, within: count)
    let packedCount = outputs * (1 + segments.count * segmentLength)
    precondition(packed >= 0 && packed + packedCount <= weights.arena.floatCount)
    var arguments = unsafe tl_f32_convolution(
      rows: rows, width: width, segment_count: segments.count, segment_length: segmentLength,
      segments: UnsafePointer(arena.addresses), x_pixel_stride: x.pixelStride,
      x_row_stride: x.rowStride, packed: weights.arena.floats + packed, outputs: outputs,
      y: arena.floats + y.offset, y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride,
      residual: residual.map { unsafe UnsafePointer(arena.floats + $0.offset) },
      residual_pixel_stride: residual?.pixelStride ?? 0,
      residual_row_stride: residual?.rowStride ?? 0, activation: activation.parameters)
    unsafe float32.convolution(&arguments)
  }

  /// One output row of a depthwise convolution; see `tl_f32_depthwise`.
  ///
  /// - Parameters:
  ///   - rows: the offset of each kernel row's first input pixel
  ///   - channels: a multiple of 16
  package func convolveDepthwise(
    _ arena: Arena, width: Int, channels: Int, kernelWidth: Int, stride: Int,
    rows: some Collection<Int>, pixelStride: Int, weights: PackedWeights, packed: Int,
    y: PixelRows, activation: Activation
  ) {
    precondition(width > 0 && channels > 0 && kernelWidth > 0 && stride > 0 && !rows.isEmpty)
    precondition(channels.isMultiple(of: 16) && rows.count <= Arena.segmentCountMax)
    let count = arena.floatCount
    for (index, offset) in rows.enumerated() {
      let x = PixelRows(offset: offset, pixelStride: pixelStride, rowStride: 0)
      x.check(
        rows: 1, width: (width - 1) * stride + kernelWidth, length: channels, within: count)
      unsafe arena.addresses[index] = UnsafePointer(arena.floats + offset)
    }
    y.check(rows: 1, width: width, length: channels, within: count)
    let packedCount = channels * (1 + rows.count * kernelWidth)
    precondition(packed >= 0 && packed + packedCount <= weights.arena.floatCount)
    var arguments = unsafe tl_f32_depthwise(
      width: width, channels: channels, kernel_height: rows.count, kernel_width: kernelWidth,
      stride: stride, rows: UnsafePointer(arena.addresses), x_pixel_stride: pixelStride,
      packed: weights.arena.floats + packed, y: arena.floats + y.offset,
      y_pixel_stride: y.pixelStride, activation: activation.parameters)
    unsafe float32.depthwise(&arguments)
  }

  /// The mean over all pixels of each channel, written at `output`; see `tl_f32_average_pool`.
  package func pool(
    _ arena: Arena, rows: Int, width: Int, channels: Int, x: PixelRows, output: Int
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    x.check(rows: rows, width: width, length: channels, within: arena.floatCount)
    precondition(output >= 0 && output + channels <= arena.floatCount)
    var arguments = unsafe tl_f32_average_pool(
      rows: rows, width: width, channels: channels, x: arena.floats + x.offset,
      x_pixel_stride: x.pixelStride, x_row_stride: x.rowStride, y: arena.floats + output)
    unsafe float32.averagePool(&arguments)
  }

  /// An operation of two operands.
  package enum Binary: Hashable, Sendable {
    case add
    case multiply
  }

  /// y = activation(a op b), value by value; an operand of strides 0 is broadcast.
  package func combine(
    _ arena: Arena, _ operation: Binary, rows: Int, width: Int, channels: Int, a: PixelRows,
    b: PixelRows, y: PixelRows, activation: Activation
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    for operand in [a, b, y] {
      operand.check(rows: rows, width: width, length: channels, within: arena.floatCount)
    }
    var arguments = unsafe tl_f32_binary(
      rows: rows, width: width, channels: channels, a: arena.floats + a.offset,
      a_pixel_stride: a.pixelStride, a_row_stride: a.rowStride, b: arena.floats + b.offset,
      b_pixel_stride: b.pixelStride, b_row_stride: b.rowStride, y: arena.floats + y.offset,
      y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride, activation: activation.parameters)
    switch operation {
    case .add: unsafe float32.add(&arguments)
    case .multiply: unsafe float32.multiply(&arguments)
    }
  }
}
