import CKernels

/// What happens to a value after a layer's sum.
package enum Activation: Hashable, Sendable {
  /// x > low ? (x < high ? x : high) : low
  case clip(low: Float, high: Float)
  /// x · (clip(x + 3, 0, 6) / 6)
  case hardSwish
  /// clip(alpha · x + beta, 0, 1)
  case hardSigmoid(alpha: Float, beta: Float)
  /// x · sigmoid(x), also called SiLU
  case swish
  /// 1 / (1 + e^−x)
  case sigmoid

  /// Leaves every number as it is.
  package static let none = clip(low: -.infinity, high: .infinity)

  var parameters: tl_activation {
    switch self {
    // Adding 0 makes +0 of -0: between bounds of -0 and +0 the vectors of x86 would differ.
    case .clip(let low, let high): tl_activation(kind: TL_CLIP, low: low + 0, high: high + 0)
    case .hardSwish: tl_activation(kind: TL_HARD_SWISH, low: 0, high: 0)
    case .hardSigmoid(let alpha, let beta):
      tl_activation(kind: TL_HARD_SIGMOID, low: alpha, high: beta)
    case .swish: tl_activation(kind: TL_SWISH, low: 0, high: 0)
    case .sigmoid: tl_activation(kind: TL_SIGMOID, low: 0, high: 0)
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

/// Which input elements a dense convolution's output pixel sums over: `kernelHeight` rows of
/// `segments` runs each. Lengths and strides are counted in elements.
package struct Taps: Sendable {
  package var kernelHeight: Int
  /// Input rows from an output row to the next.
  package var rowStep: Int
  package var segments: Int
  package var segmentLength: Int
  package var segmentStride: Int
  /// From an output pixel's place in the input to the next one's.
  package var pixelStride: Int

  package init(
    kernelHeight: Int, rowStep: Int, segments: Int, segmentLength: Int, segmentStride: Int,
    pixelStride: Int
  ) {
    precondition(kernelHeight > 0 && rowStep > 0 && segments > 0 && segmentLength > 0)
    precondition(segmentStride >= 0 && pixelStride >= 0)
    self.kernelHeight = kernelHeight
    self.rowStep = rowStep
    self.segments = segments
    self.segmentLength = segmentLength
    self.segmentStride = segmentStride
    self.pixelStride = pixelStride
  }

  /// The terms of a sum.
  package var count: Int { kernelHeight * segments * segmentLength }

  /// The elements from a row's place to the end of what `width` output pixels read.
  func reach(_ width: Int) -> Int {
    (width - 1) * pixelStride + (segments - 1) * segmentStride + segmentLength
  }
}

/// A depthwise convolution's kernel and its steps over the input.
package struct DepthwiseWindow: Sendable {
  package var kernelHeight: Int
  package var kernelWidth: Int
  package var stride: Int
  /// Elements from an input pixel to the next.
  package var pixelStride: Int

  package init(kernelHeight: Int, kernelWidth: Int, stride: Int, pixelStride: Int) {
    precondition(kernelHeight > 0 && kernelWidth > 0 && stride > 0 && pixelStride >= 0)
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.pixelStride = pixelStride
  }

  /// The elements from a row's place to the end of what `width` output pixels read.
  func reach(_ width: Int, channels: Int) -> Int {
    ((width - 1) * stride + kernelWidth - 1) * pixelStride + channels
  }
}

/// The operations on an arena. Each checks that everything it touches lies inside its memory, so
/// that a wrong plan traps instead of corrupting.
extension KernelTable {
  /// A dense convolution over `rows` x `width` output pixels; see `tl_f32_convolution`.
  ///
  /// - Parameters:
  ///   - inputRows: the offset of each input row's place for the first output pixel
  ///   - packed: the offset of the layer's panels in the weights
  ///   - outputs: a multiple of 16
  ///   - channels: the outputs that count, fewer than 16 less; the others may get any value, or none
  ///   - residual: added to the activated values
  package func convolve(
    _ arena: Arena, rows: Int, width: Int, inputRows: [Int], taps: Taps,
    weights: PackedWeights, packed: Int, outputs: Int, channels: Int, y: PixelRows,
    residual: PixelRows?, activation: Activation
  ) {
    precondition(rows > 0 && width > 0 && outputs > 0 && outputs.isMultiple(of: 16))
    precondition(channels <= outputs && channels > outputs - 16)
    let count = arena.floatCount
    let reach = taps.reach(width)
    precondition(inputRows.count == (rows - 1) * taps.rowStep + taps.kernelHeight)
    precondition(inputRows.count <= Arena.rowCountMax)
    // unsafe, here and below: every address is an offset that was checked against its arena.
    for (index, offset) in inputRows.enumerated() {
      precondition(offset >= 0 && offset + reach <= count, "an input row beyond the arena")
      unsafe arena.addresses[index] = UnsafePointer(arena.floats + offset)
    }
    y.check(rows: rows, width: width, length: outputs, within: count)
    residual?.check(rows: rows, width: width, length: outputs, within: count)
    let packedCount = outputs * (1 + taps.count)
    precondition(packed >= 0 && packed + packedCount <= weights.arena.floatCount)
    var arguments = unsafe tl_f32_convolution(
      rows: rows, width: width, kernel_height: taps.kernelHeight, segments: taps.segments,
      segment_length: taps.segmentLength, segment_stride: taps.segmentStride,
      x_rows: UnsafePointer(arena.addresses), row_step: taps.rowStep,
      x_pixel_stride: taps.pixelStride, packed: weights.arena.floats + packed, outputs: outputs,
      y: arena.floats + y.offset, y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride,
      residual: residual.map { unsafe UnsafePointer(arena.floats + $0.offset) },
      residual_pixel_stride: residual?.pixelStride ?? 0,
      residual_row_stride: residual?.rowStride ?? 0, activation: activation.parameters,
      channels: channels)
    unsafe float32.convolution(&arguments)
  }

  /// A depthwise convolution over `rows` x `width` output pixels; see `tl_f32_depthwise`.
  ///
  /// - Parameters:
  ///   - inputRows: the offset of each input row's place for the first output pixel
  ///   - channels: a multiple of 16
  package func convolveDepthwise(
    _ arena: Arena, rows: Int, width: Int, channels: Int, inputRows: [Int],
    window: DepthwiseWindow, weights: PackedWeights, packed: Int, y: PixelRows,
    activation: Activation
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    let count = arena.floatCount
    let reach = window.reach(width, channels: channels)
    precondition(inputRows.count == (rows - 1) * window.stride + window.kernelHeight)
    precondition(inputRows.count <= Arena.rowCountMax)
    for (index, offset) in inputRows.enumerated() {
      precondition(offset >= 0 && offset + reach <= count, "an input row beyond the arena")
      unsafe arena.addresses[index] = UnsafePointer(arena.floats + offset)
    }
    y.check(rows: rows, width: width, length: channels, within: count)
    let packedCount = channels * (1 + window.kernelHeight * window.kernelWidth)
    precondition(packed >= 0 && packed + packedCount <= weights.arena.floatCount)
    var arguments = unsafe tl_f32_depthwise(
      rows: rows, width: width, channels: channels, kernel_height: window.kernelHeight,
      kernel_width: window.kernelWidth, stride: window.stride,
      x_rows: UnsafePointer(arena.addresses), x_pixel_stride: window.pixelStride,
      packed: weights.arena.floats + packed, y: arena.floats + y.offset,
      y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride,
      activation: activation.parameters)
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
