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
  /// Of a dense convolution, whether the kernels may add up products in 16 bits; see
  /// `Packing.largestShortSum`.
  package var fits16Bits: Bool

  package init(
    packed: Int, interleaved: Int? = nil, multiplier: Int, bias: Int, fits16Bits: Bool = false
  ) {
    self.packed = packed
    self.interleaved = interleaved
    self.multiplier = multiplier
    self.bias = bias
    self.fits16Bits = fits16Bits
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

/// What two tensors' bytes stand for when they are added or multiplied; see `tl_u8_combine`.
package struct Int8Combination: Sendable {
  package var firstZero: Float
  package var firstScale: Float
  /// Of a sum.
  package var secondZero: Float
  package var secondScale: Float
  package var outputZero: Float

  package init(
    firstZero: Float, firstScale: Float, secondZero: Float, secondScale: Float, outputZero: Float
  ) {
    self.firstZero = firstZero
    self.firstScale = firstScale
    self.secondZero = secondZero
    self.secondScale = secondScale
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
  ///   - outputs: the bytes of an output pixel, a multiple of 16
  ///   - channels: the outputs that are channels; what a kernel writes beyond them is undefined
  package func convolveInt8(
    _ arena: Arena, rows: Int, width: Int, inputRows: [Int], taps: Taps,
    weights: PackedWeights, layer: Int8Layer, bias: Int, outputs: Int, channels: Int, y: PixelRows,
    residual: (rows: PixelRows, parameters: Int8Residual)?
  ) {
    precondition(rows > 0 && width > 0 && outputs > 0 && outputs.isMultiple(of: 16))
    precondition(channels > outputs - 16 && channels <= outputs)
    precondition(taps.segmentLength.isMultiple(of: 4))
    let count = arena.byteCount
    let reach = taps.reach(width)
    precondition(inputRows.count == (rows - 1) * taps.rowStep + taps.kernelHeight)
    precondition(inputRows.count <= Arena.rowCountMax)
    // unsafe, here and below: every address is an offset that was checked against its arena.
    for (index, offset) in inputRows.enumerated() {
      precondition(offset >= 0 && offset + reach <= count, "an input row beyond the arena")
      unsafe arena.byteAddresses[index] = UnsafePointer(arena.bytes + offset)
    }
    y.check(rows: rows, width: width, length: outputs, within: count)
    residual?.rows.check(rows: rows, width: width, length: outputs, within: count)
    weights.check(layer.packed, byteCount: outputs * taps.count)
    var parameters = unsafe tl_u8_residual()
    if let (other, factors) = residual {
      unsafe parameters = tl_u8_residual(
        x: arena.bytes + other.offset, pixel_stride: other.pixelStride,
        row_stride: other.rowStride, q_zero: factors.sumZero, q_scale: factors.sumScale,
        r_zero: factors.residualZero, r_scale: factors.residualScale,
        y_zero: factors.outputZero)
    }
    var arguments = unsafe tl_u8s8_convolution(
      rows: rows, width: width, kernel_height: taps.kernelHeight, segments: taps.segments,
      segment_length: taps.segmentLength, segment_stride: taps.segmentStride,
      x_rows: UnsafePointer(arena.byteAddresses), row_step: taps.rowStep,
      x_pixel_stride: taps.pixelStride, packed: weights.int8(layer.packed),
      multiplier: weights.floats(layer.multiplier, count: outputs),
      bias: weights.floats(bias, count: outputs), outputs: outputs, y: arena.bytes + y.offset,
      y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride, residual: parameters,
      channels: channels, fits_16_bits: layer.fits16Bits)
    unsafe int8.convolution(&arguments)
  }

  /// A depthwise convolution over `rows` x `width` output pixels; see `tl_u8s8_depthwise`.
  package func convolveDepthwiseInt8(
    _ arena: Arena, rows: Int, width: Int, channels: Int, inputRows: [Int],
    window: DepthwiseWindow, weights: PackedWeights, layer: Int8Layer, y: PixelRows
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    precondition(channels <= window.pixelStride)
    precondition(inputRows.count == (rows - 1) * window.stride + window.kernelHeight)
    precondition(inputRows.count <= Arena.rowCountMax)
    let (kernelHeight, kernelWidth, stride) = (
      window.kernelHeight, window.kernelWidth, window.stride
    )
    // The kernels take pixels by fours and channels by 64; what lies beyond meets weights of 0.
    let pixels = ((width - 1) * stride + kernelWidth + 11) / 4 * 4
    let reach = (pixels - 1) * window.pixelStride + channels + 48
    for (index, offset) in inputRows.enumerated() {
      precondition(
        offset >= 0 && offset + reach <= arena.byteCount, "an input row beyond the arena")
      unsafe arena.byteAddresses[index] = UnsafePointer(arena.bytes + offset)
    }
    y.check(rows: rows, width: width, length: channels, within: arena.byteCount)
    weights.check(layer.packed, byteCount: channels * kernelHeight * kernelWidth)
    if let interleaved = layer.interleaved {
      weights.check(interleaved, byteCount: channels / 16 * Int(TL_U8_DEPTHWISE_GROUP))
    } else {
      precondition(kernelHeight != 3 || kernelWidth != 3 || stride > 2)
    }
    var arguments = unsafe tl_u8s8_depthwise(
      rows: rows, width: width, channels: channels, kernel_height: kernelHeight,
      kernel_width: kernelWidth, stride: stride, x_rows: UnsafePointer(arena.byteAddresses),
      x_pixel_stride: window.pixelStride, packed: weights.int8(layer.packed),
      interleaved: layer.interleaved.map { unsafe weights.int8($0) },
      multiplier: weights.floats(layer.multiplier, count: channels),
      bias: weights.floats(layer.bias, count: channels),
      y: arena.bytes + y.offset, y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride)
    unsafe int8.depthwise(&arguments)
  }

  /// Turns pixels of three bytes into pixels of four, the fourth 0.
  ///
  /// - Precondition: `pixels` are whole pixels, and four bytes for each fit at the offset
  package func widenPixelsInt8(_ pixels: Span<UInt8>, _ arena: Arena, at offset: Int) {
    let count = pixels.count / 3
    precondition(pixels.count == 3 * count && offset >= 0)
    precondition(offset + 4 * count <= arena.byteCount)
    unsafe pixels.withUnsafeBufferPointer { source in
      unsafe int8.widenPixels(source.baseAddress, count, arena.bytes + offset)
    }
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
  func check(_ offset: Int, byteCount: Int) {
    precondition(offset >= 0 && offset + byteCount <= arena.byteCount, "weights beyond their block")
  }

  func int8(_ offset: Int) -> UnsafePointer<Int8> {
    // unsafe: the block is initialized; callers check the length.
    unsafe UnsafePointer((arena.base + offset).assumingMemoryBound(to: Int8.self))
  }

  func floats(_ offset: Int, count: Int) -> UnsafePointer<Float> {
    check(offset, byteCount: 4 * count)
    precondition(offset.isMultiple(of: 4))
    // unsafe: checked and aligned.
    return unsafe UnsafePointer((arena.base + offset).assumingMemoryBound(to: Float.self))
  }
}
