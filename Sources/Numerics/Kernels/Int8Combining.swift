import CKernels

/// What int8 does with single values, most of it with the same code in every set; all offsets and strides are in bytes.
extension KernelTable {
  /// Replaces every byte of the pixels by what a table has for it; see `tl_u8_lookup`.
  ///
  /// - Precondition: the table has 256 bytes
  package func lookUpInt8(
    _ arena: Arena, rows: Int, width: Int, channels: Int, y: PixelRows, table: [UInt8]
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    precondition(table.count == 256)
    y.check(rows: rows, width: width, length: channels, within: arena.byteCount)
    unsafe table.withUnsafeBufferPointer { table in
      // unsafe, here and below: every address is an offset that was checked against its arena.
      var arguments = unsafe tl_u8_lookup(
        rows: rows, width: width, channels: channels, y: arena.bytes + y.offset,
        y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride, table: table.baseAddress)
      unsafe int8.lookUp(&arguments)
    }
  }

  /// The sum of two tensors of bytes, or the product of one with a float32 value for each channel; see
  /// `tl_u8_combine`.
  ///
  /// - Parameter b: bytes of the same extent or, where its strides are 0, of one pixel; of a product
  ///   the float32 values
  package func combineInt8(
    _ arena: Arena, _ operation: Binary, rows: Int, width: Int, channels: Int, a: PixelRows,
    b: PixelRows, y: PixelRows, parameters: Int8Combination
  ) {
    precondition(rows > 0 && width > 0 && channels > 0 && channels.isMultiple(of: 16))
    for operand in [a, y] {
      operand.check(rows: rows, width: width, length: channels, within: arena.byteCount)
    }
    var arguments = unsafe tl_u8_combine(
      rows: rows, width: width, channels: channels, a: arena.bytes + a.offset,
      a_pixel_stride: a.pixelStride, a_row_stride: a.rowStride, b: nil, b_pixel_stride: 0,
      b_row_stride: 0, gate: nil, y: arena.bytes + y.offset, y_pixel_stride: y.pixelStride,
      y_row_stride: y.rowStride, a_zero: parameters.firstZero, a_scale: parameters.firstScale,
      b_zero: parameters.secondZero, b_scale: parameters.secondScale,
      y_zero: parameters.outputZero)
    switch operation {
    case .add:
      b.check(rows: rows, width: width, length: channels, within: arena.byteCount)
      unsafe arguments.b = UnsafePointer(arena.bytes + b.offset)
      unsafe arguments.b_pixel_stride = b.pixelStride
      unsafe arguments.b_row_stride = b.rowStride
      unsafe u8_add(&arguments)
    case .multiply:
      precondition(b.offset >= 0 && b.offset.isMultiple(of: 4))
      precondition(b.offset + 4 * channels <= arena.byteCount)
      unsafe arguments.gate = UnsafePointer(arena.floats + b.offset / 4)
      unsafe u8_multiply(&arguments)
    }
  }

  /// Moves the channels of every pixel to where they lie among others.
  ///
  /// - Parameters:
  ///   - byteCount: of the channels of a pixel; offsets and strides are in bytes for float32 too
  ///   - table: 256 bytes for int8 that changes its scale; nil leaves the bytes as they are
  package func copyChannels(
    _ arena: Arena, rows: Int, width: Int, byteCount: Int, x: PixelRows, y: PixelRows,
    table: [UInt8]?
  ) {
    precondition(rows > 0 && width > 0 && byteCount > 0 && table?.count ?? 256 == 256)
    for operand in [x, y] {
      operand.check(rows: rows, width: width, length: byteCount, within: arena.byteCount)
    }
    var arguments = unsafe tl_channel_copy(
      rows: rows, width: width, byte_count: byteCount, x: arena.bytes + x.offset,
      x_pixel_stride: x.pixelStride, x_row_stride: x.rowStride, y: arena.bytes + y.offset,
      y_pixel_stride: y.pixelStride, y_row_stride: y.rowStride, table: nil)
    guard let table else { return unsafe copy_channels(&arguments) }
    unsafe table.withUnsafeBufferPointer { table in
      unsafe arguments.table = table.baseAddress
      unsafe copy_channels(&arguments)
    }
  }
}
