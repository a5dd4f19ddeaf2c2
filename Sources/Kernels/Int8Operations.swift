import CKernels

/// The weights of an int8 layer within `PackedWeights`: offsets in bytes.
package struct Int8Layer: Sendable {
  /// Of a dense convolution its panels, of a depthwise one the plain weights.
  package var packed: Int
  /// Of a 3x3 depthwise convolution its interleaved weights, else nil.
  package var interleaved: Int?
  /// A float for each output, in the order of the panels or, if depthwise, of the channels.
  package var multiplier: Int
  package var bias: Int
  /// Of a depthwise convolution the same in the order of panels of 4 vectors.
  package var multiplierInterleaved = 0
  package var biasInterleaved = 0

  package init(packed: Int, interleaved: Int? = nil, multiplier: Int, bias: Int) {
    self.packed = packed
    self.interleaved = interleaved
    self.multiplier = multiplier
    self.bias = bias
  }
}

/// A second operand of an int8 convolution; see `tl_u8_residual`.
package struct Int8Residual: Sendable {
  package var sumZero: Float
  package var sumScale: Float
  package var residualZero: Float
  package var residualScale: Float
  package var outputZero: Float

  package init(
    sumZero: Float, sumScale: Float, residualZero: Float, residualScale: Float, outputZero: Float
  ) {
    self.sumZero = sumZero
    self.sumScale = sumScale
    self.residualZero = residualZero
    self.residualScale = residualScale
    self.outputZero = outputZero
  }
}

/// The operations of the int8 backbone; all offsets and strides are in bytes. Each checks that
/// everything it touches lies inside its memory.
extension KernelTable {
  /// Bytes that kernels may read beyond the last pixel of an input.
  package static let overread = 256

  /// A dense convolution over `rows` x `width` output pixels; see `tl_u8s8_convolution`.
  ///
  /// - Parameters:
  ///   - bias: the offset of the biases to use, those of the layer unless borders have their own
  package func convolveInt8(
    _ arena: Arena, rows: Int, width: Int, segments: some Collection<Int>, segmentLength: Int,
    x: PixelRows, weights: PackedWeights, layer: Int8Layer, bias: Int, outputs: Int, y: PixelRows,
    residual: (rows: PixelRows, parameters: Int8Residual)?
  ) {
    precondition(rows > 0 && width > 0 && segmentLength > 0 && outputs > 0)
    precondition(outputs.isMultiple(of: 16) && segmentLength.isMultiple(of: 4))
    precondition(segments.count <= Arena.segmentCountMax)
    let count = arena.byteCount
    // unsafe, here and below: every address is an offset that was checked against its arena.
    for (index, offset) in segments.enumerated() {
      var here = x
      here.offset = offset
      here.check(rows: rows, width: width, length: segmentLength, within: count)
      unsafe arena.byteAddresses[index] = UnsafePointer(arena.bytes + offset)
    }
    y.check(rows: rows, width: width, length: outputs, within: count)
    residual?.rows.check(rows: rows, width: width, length: outputs, within: count)
    weights.check(layer.packed, byteCount: outputs * segments.count * segmentLength)
    var parameters = unsafe tl_u8_residual()
    if let (other, factors) = residual {
      unsafe parameters = tl_u8_residual(
        x: arena.bytes + other.offset, pixel_stride: other.pixelStride,
        row_stride: other.rowStride, q_zero: factors.sumZero, q_scale: factors.sumScale,
        r_zero: factors.residualZero, r_scale: factors.residualScale,
        y_zero: factors.outputZero)
    }
    var arguments = unsafe tl_u8s8_convolution(
      rows: rows, width: width, segment_count: segments.count, segment_length: segmentLength,
      segments: UnsafePointer(arena.byteAddresses), x_pixel_stride: x.pixelStride,
      x_row_stride: x.rowStride, packed: weights.int8(layer.packed),
      multiplier: weights.floats(layer.multiplier, count: outputs),
      bias: weights.floats(bias, count: outputs), outputs: outputs, y: arena.bytes + y.offset,
      y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride, residual: parameters)
    unsafe int8.convolution(&arguments)
  }

  /// Some output rows of a depthwise convolution; see `tl_u8s8_depthwise`.
  ///
  /// - Parameters:
  ///   - rows: the offset of each input row's first pixel
  package func convolveDepthwiseInt8(
    _ arena: Arena, rowCount: Int, width: Int, channels: Int, kernelHeight: Int, kernelWidth: Int,
    stride: Int, rows: some Collection<Int>, pixelStride: Int, weights: PackedWeights,
    layer: Int8Layer, y: PixelRows
  ) {
    precondition(rowCount > 0 && width > 0 && channels > 0 && kernelWidth > 0 && stride > 0)
    precondition(channels.isMultiple(of: 16) && channels <= pixelStride)
    precondition(rows.count == (rowCount - 1) * stride + kernelHeight)
    precondition(rows.count <= Arena.segmentCountMax)
    let reach = (width - 1) * stride + kernelWidth
    for (index, offset) in rows.enumerated() {
      // The kernels take pixels by fours and channels by 64; what lies beyond meets weights of 0.
      let x = PixelRows(offset: offset, pixelStride: pixelStride, rowStride: 0)
      x.check(
        rows: 1, width: (reach + 11) / 4 * 4, length: channels + 48,
        within: arena.byteCount)
      unsafe arena.byteAddresses[index] = UnsafePointer(arena.bytes + offset)
    }
    y.check(rows: rowCount, width: width, length: channels, within: arena.byteCount)
    weights.check(layer.packed, byteCount: channels * kernelHeight * kernelWidth)
    let blocks = (channels + 63) / 64
    if let interleaved = layer.interleaved {
      weights.check(interleaved, byteCount: blocks * Int(TL_U8_DEPTHWISE_BLOCK))
    } else {
      precondition(kernelHeight != 3 || kernelWidth != 3 || stride > 2)
    }
    let interleavedCount = layer.interleaved == nil ? 0 : blocks * 64
    var arguments = unsafe tl_u8s8_depthwise(
      row_count: rowCount, width: width, channels: channels, kernel_height: kernelHeight,
      kernel_width: kernelWidth, stride: stride, rows: UnsafePointer(arena.byteAddresses),
      x_pixel_stride: pixelStride, packed: weights.int8(layer.packed),
      interleaved: layer.interleaved.map { unsafe weights.int8($0) },
      multiplier: weights.floats(layer.multiplier, count: channels),
      bias: weights.floats(layer.bias, count: channels),
      multiplier_interleaved: weights.floats(
        layer.multiplierInterleaved, count: interleavedCount),
      bias_interleaved: weights.floats(layer.biasInterleaved, count: interleavedCount),
      y: arena.bytes + y.offset, y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride)
    unsafe int8.depthwise(&arguments)
  }

  /// (sum over all pixels − offset) · scale for each channel: float32 values at the byte `output`.
  package func poolInt8(
    _ arena: Arena, rows: Int, width: Int, channels: Int, x: PixelRows, sumOffset: Int32,
    scale: Float, output: Int
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    x.check(rows: rows, width: width, length: channels, within: arena.byteCount)
    precondition(output >= 0 && output.isMultiple(of: 4))
    precondition(output + 4 * channels <= arena.byteCount)
    var arguments = unsafe tl_u8_average_pool(
      rows: rows, width: width, channels: channels, x: arena.bytes + x.offset,
      x_pixel_stride: x.pixelStride, x_row_stride: x.rowStride, offset: sumOffset, scale: scale,
      y: arena.floats + output / 4)
    unsafe int8.averagePool(&arguments)
  }
}

extension PackedWeights {
  fileprivate func check(_ offset: Int, byteCount: Int) {
    precondition(offset >= 0 && offset + byteCount <= arena.byteCount, "weights beyond their block")
  }

  fileprivate func int8(_ offset: Int) -> UnsafePointer<Int8> {
    // unsafe: the block is initialized; callers check the length.
    unsafe UnsafePointer((arena.base + offset).assumingMemoryBound(to: Int8.self))
  }

  fileprivate func floats(_ offset: Int, count: Int) -> UnsafePointer<Float> {
    check(offset, byteCount: 4 * count)
    precondition(offset.isMultiple(of: 4))
    // unsafe: checked and aligned.
    return unsafe UnsafePointer((arena.base + offset).assumingMemoryBound(to: Float.self))
  }
}
