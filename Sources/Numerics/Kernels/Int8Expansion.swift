import CKernels

/// A 1x1 convolution and the 3x3 depthwise one that alone reads it, computed together: the tensor
/// between them never leaves the innermost cache.
package struct Int8Expansion: Sendable {
  /// Rows and columns of the tensor between the two that are computed, without padding.
  package var rows: Int
  package var width: Int
  /// How the 1x1 convolution reads its input.
  package var taps: Taps
  /// Weights in parts (`Packing.int8Parts`); multipliers and biases in the order of the channels.
  package var layer: Int8Layer
  /// Rows of zeros above the rows computed, and columns to their left.
  package var padTop: Int
  package var padLeft: Int

  package init(
    rows: Int, width: Int, taps: Taps, layer: Int8Layer, padTop: Int, padLeft: Int
  ) {
    precondition(rows > 0 && width > 0 && (0..<3).contains(padTop) && (0..<3).contains(padLeft))
    precondition(taps.kernelHeight == 1 && taps.segments == 1 && taps.rowStep == 1)
    precondition(taps.segmentLength.isMultiple(of: 4))
    self.rows = rows
    self.width = width
    self.taps = taps
    self.layer = layer
    self.padTop = padTop
    self.padLeft = padLeft
  }
}

extension KernelTable {
  /// Whether an expansion is computed together with the 3x3 depthwise convolution that reads it.
  ///
  /// - Parameters:
  ///   - inputWidth: the columns of the tensor between the two
  ///   - width: the columns of the output
  ///   - stride: the depthwise convolution's
  package func fusesExpansionInt8(inputWidth: Int, width: Int, stride: Int) -> Bool {
    // Narrower tensors stay in the cache anyway, and fill the groups of four pixels badly.
    unsafe int8.expandDepthwise != nil && inputWidth >= Self.expansionWidthMin
      && stride <= 2 && Self.groups(width, stride) <= Int(TL_U8_GROUPS_MAX)
  }

  private static let expansionWidthMin = 20

  /// Groups of four pixels that a row of the tensor between the two takes.
  private static func groups(_ width: Int, _ stride: Int) -> Int {
    (width + 3) / 4 * stride + 1
  }

  /// Computes `rows` x `width` output pixels of a depthwise convolution and what it needs of the
  /// expansion before it; see `tl_u8s8_expand_depthwise`.
  ///
  /// - Parameters:
  ///   - inputRows: the offset of the first pixel of each row that the expansion reads
  ///   - layer: the depthwise convolution's weights
  package func expandDepthwiseInt8(
    _ arena: Arena, rows: Int, width: Int, channels: Int, stride: Int, inputRows: [Int],
    expansion: Int8Expansion, weights: PackedWeights, layer: Int8Layer, y: PixelRows
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    precondition(
      fusesExpansionInt8(inputWidth: expansion.width, width: width, stride: stride))
    precondition(inputRows.count == expansion.rows && inputRows.count <= Arena.rowCountMax)
    // Groups of four pixels reach beyond both ends of a row; what lies there is set to 0 later.
    let taps = expansion.taps
    let before = expansion.padLeft * taps.pixelStride
    let after = taps.reach(expansion.width + 3)
    for (index, offset) in inputRows.enumerated() {
      precondition(
        offset >= before && offset + after <= arena.byteCount, "an input row beyond the arena")
      // unsafe, here and below: every address is an offset that was checked against its arena.
      unsafe arena.byteAddresses[index] = UnsafePointer(arena.bytes + offset)
    }
    y.check(rows: rows, width: width, length: channels, within: arena.byteCount)
    weights.check(expansion.layer.packed, byteCount: channels * taps.count)
    guard let interleaved = layer.interleaved, let function = unsafe int8.expandDepthwise else {
      preconditionFailure("only 3x3 kernels of stride 1 and 2 follow an expansion")
    }
    weights.check(interleaved, byteCount: channels / 16 * Int(TL_U8_DEPTHWISE_GROUP))
    var arguments = unsafe tl_u8s8_expand_depthwise()
    unsafe arguments.expand.rows = expansion.rows
    unsafe arguments.expand.width = expansion.width
    unsafe arguments.expand.segment_length = taps.segmentLength
    unsafe arguments.expand.kernel_height = 1
    unsafe arguments.expand.segments = 1
    unsafe arguments.expand.row_step = 1
    unsafe arguments.expand.x_rows = UnsafePointer(arena.byteAddresses)
    unsafe arguments.expand.x_pixel_stride = taps.pixelStride
    unsafe arguments.expand.packed = weights.int8(expansion.layer.packed)
    unsafe arguments.expand.multiplier = weights.floats(
      expansion.layer.multiplier, count: channels)
    unsafe arguments.expand.bias = weights.floats(expansion.layer.bias, count: channels)
    unsafe arguments.depthwise.rows = rows
    unsafe arguments.depthwise.width = width
    unsafe arguments.depthwise.channels = channels
    unsafe arguments.depthwise.stride = stride
    unsafe arguments.depthwise.interleaved = weights.int8(interleaved)
    unsafe arguments.depthwise.multiplier = weights.floats(layer.multiplier, count: channels)
    unsafe arguments.depthwise.bias = weights.floats(layer.bias, count: channels)
    unsafe arguments.depthwise.y = arena.bytes + y.offset
    unsafe arguments.depthwise.y_pixel_stride = y.pixelStride
    unsafe arguments.depthwise.y_row_stride = y.rowStride
    unsafe arguments.pad_top = expansion.padTop
    unsafe arguments.pad_left = expansion.padLeft
    unsafe function(&arguments)
  }
}

extension Packing {
  /// The weights of a 1x1 int8 convolution that is computed together with a depthwise one: part by
  /// part of up to 64 channels, [input / 4][channel][input mod 4].
  ///
  /// - Parameters:
  ///   - inputs: a multiple of 4
  ///   - weights: [output][input]
  package static func int8Parts(outputs: Int, inputs: Int, weights: [Int8]) -> [UInt8] {
    precondition(inputs.isMultiple(of: 4) && weights.count == outputs * inputs)
    var packed: [UInt8] = []
    packed.reserveCapacity(padded(outputs) * inputs)
    var first = 0
    while first < padded(outputs) {
      let channels = first..<first + group * tl_block_vectors(padded(outputs) - first)
      for k in stride(from: 0, to: inputs, by: 4) {
        for channel in channels { packed.appendFour(weights, channel * inputs + k) }
      }
      first = channels.upperBound
    }
    return packed
  }
}
