import Kernels

/// Where a tensor lies in the arena: rows of padded pixels, all of them or a ring of the latest.
///
/// Every row begins and ends with the columns of zeros that the convolutions reading it want, so
/// that no kernel needs to know about borders. In int8 the byte that stands for zero may be any.
struct Buffer: Sendable {
  var shape: Shape
  /// The first element of the first row, its padding included.
  var offset = 0
  /// Elements from a pixel to the next.
  var pixelStride: Int
  var padLeft = 0
  var padRight = 0
  /// What the padding of an int8 tensor holds.
  var paddingByte: UInt8 = 0
  /// Rows kept: the height, or fewer for a ring, where row r lies in slot r mod `slots`.
  var slots: Int

  init(shape: Shape, pixelStride: Int) {
    self.shape = shape
    self.pixelStride = pixelStride
    slots = shape.height
  }

  var rowStride: Int { (padLeft + shape.width + padRight) * pixelStride }
  var elementCount: Int { slots * rowStride }

  /// The first element of a row, padding included.
  func rowStart(_ row: Int) -> Int { offset + row % slots * rowStride }

  /// The pixels of the rows from `row` on, without padding.
  func pixels(_ row: Int) -> PixelRows {
    PixelRows(
      offset: rowStart(row) + padLeft * pixelStride, pixelStride: pixelStride,
      rowStride: rowStride)
  }

  /// How many rows from `row` on lie one after the other.
  func run(from row: Int) -> Int { slots - row % slots }
}
