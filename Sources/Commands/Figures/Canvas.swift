import CCairo
import Images

/// A surface of cairo and the pen on it. Nothing that is drawn can fail by itself: cairo remembers the
/// first trouble, and ``image()`` tells of it.
@safe struct Canvas: ~Copyable {
  private let surface: OpaquePointer
  private let pen: OpaquePointer
  private let columns: Int
  private let rows: Int

  /// In pixels: far beyond any screen, and within what cairo takes.
  private static let sideMax = 8192.0

  private init(surface: OpaquePointer, pen: OpaquePointer, columns: Int, rows: Int) {
    unsafe self.surface = surface
    unsafe self.pen = pen
    self.columns = columns
    self.rows = rows
  }

  /// A canvas with `scale` pixels for each of the figure's own.
  static func blank(
    width: Double, height: Double, scale: Double
  ) throws(FigureError) -> Canvas {
    guard width * scale >= 1, height * scale >= 1, max(width, height) * scale <= sideMax
    else { throw FigureError(description: "a figure of \(width) x \(height) can't be painted") }
    let columns = Int((width * scale).rounded(.up))
    let rows = Int((height * scale).rounded(.up))
    // cairo never gives nil: without memory it gives objects in a state of error, and `image` says so.
    guard
      let surface = unsafe cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, Int32(columns), Int32(rows)),
      let pen = unsafe cairo_create(surface)
    else { throw FigureError(description: "there is no memory for a figure") }
    unsafe cairo_scale(pen, scale, scale)
    return unsafe Canvas(surface: surface, pen: pen, columns: columns, rows: rows)
  }

  deinit {
    unsafe cairo_destroy(pen)
    unsafe cairo_surface_destroy(surface)
  }

  func draw(_ shape: Figure.Shape) {
    switch shape {
    case .filled(let box, let colour, let opacity, _):
      use(colour, opacity: opacity)
      unsafe cairo_rectangle(pen, box.x, box.y, box.width, box.height)
      unsafe cairo_fill(pen)
    case .framed(let box, let colour, let lineWidth):
      use(colour)
      unsafe cairo_set_line_width(pen, lineWidth)
      unsafe cairo_rectangle(pen, box.x, box.y, box.width, box.height)
      unsafe cairo_stroke(pen)
    case .line(let points, let colour, let lineWidth):
      use(colour)
      unsafe cairo_set_line_width(pen, lineWidth)
      unsafe cairo_set_line_join(pen, CAIRO_LINE_JOIN_ROUND)
      unsafe cairo_new_path(pen)
      for point in points { unsafe cairo_line_to(pen, point.x, point.y) }
      unsafe cairo_stroke(pen)
    case .dot(let center, let radius, let colour):
      use(colour)
      unsafe cairo_arc(pen, center.x, center.y, radius, 0, 2 * .pi)
      unsafe cairo_fill(pen)
    case .text(let text): draw(text)
    case .picture(let image, let box): draw(image, in: box)
    }
  }

  private func use(_ colour: Figure.Colour, opacity: Double = 1) {
    let rgb = colour.light
    unsafe cairo_set_source_rgba(
      pen, Double(rgb.red) / 255, Double(rgb.green) / 255, Double(rgb.blue) / 255, opacity)
  }

  private func draw(_ text: Figure.Text) {
    use(text.colour)
    unsafe cairo_select_font_face(
      pen, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      text.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    unsafe cairo_set_font_size(pen, text.size)
    // The text is a C string for the length of each call, and must have no byte 0.
    let shown = String(text.text.unicodeScalars.map { $0.value == 0 ? " " : Character($0) })
    var extents = cairo_text_extents_t()
    unsafe cairo_text_extents(pen, shown, &extents)
    let shift =
      switch text.anchor {
      case .start: 0.0
      case .middle: extents.x_advance / 2
      case .end: extents.x_advance
      }
    unsafe cairo_save(pen)
    unsafe cairo_translate(pen, text.at.x, text.at.y)
    unsafe cairo_rotate(pen, text.turnedDegrees * .pi / 180)
    unsafe cairo_move_to(pen, -shift, 0)
    unsafe cairo_show_text(pen, shown)
    unsafe cairo_restore(pen)
  }

  private func draw(_ image: RGBImage, in box: Figure.Box) {
    let stride = Int(cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, Int32(image.width)))
    var pixels = [UInt32](repeating: 0, count: stride / 4 * image.height)
    for y in 0..<image.height {
      for x in 0..<image.width {
        let first = (y * image.width + x) * 3
        pixels[y * (stride / 4) + x] =
          UInt32(image.pixels[first]) << 16 | UInt32(image.pixels[first + 1]) << 8
          | UInt32(image.pixels[first + 2])
      }
    }
    unsafe pixels.withUnsafeMutableBytes { bytes in
      // The surface reads the bytes while it is painted, and has ended before they are freed.
      let source = unsafe cairo_image_surface_create_for_data(
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_RGB24,
        Int32(image.width), Int32(image.height), Int32(stride))
      unsafe cairo_save(pen)
      unsafe cairo_translate(pen, box.x, box.y)
      unsafe cairo_scale(pen, box.width / Double(image.width), box.height / Double(image.height))
      unsafe cairo_set_source_surface(pen, source, 0, 0)
      // What lies beyond the picture's edge looks like the edge, or its border would fade.
      unsafe cairo_pattern_set_extend(cairo_get_source(pen), CAIRO_EXTEND_PAD)
      unsafe cairo_rectangle(pen, 0, 0, Double(image.width), Double(image.height))
      unsafe cairo_fill(pen)
      unsafe cairo_restore(pen)
      unsafe cairo_surface_finish(source)
      unsafe cairo_surface_destroy(source)
    }
  }

  /// What was drawn. Throws where something couldn't be.
  func image() throws(FigureError) -> RGBImage {
    unsafe cairo_surface_flush(surface)
    let status = unsafe cairo_status(pen)
    guard status == CAIRO_STATUS_SUCCESS, let data = unsafe cairo_image_surface_get_data(surface)
    else {
      // A static text of cairo's, copied at once.
      let reason = unsafe String(cString: cairo_status_to_string(status))
      throw FigureError(description: "a figure can't be painted: \(reason)")
    }
    let stride = unsafe Int(cairo_image_surface_get_stride(surface))
    // Rows of `stride` bytes, which the surface holds as long as it lives.
    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: stride * rows)
    var pixels = [UInt8](repeating: 0, count: columns * rows * 3)
    for y in 0..<rows {
      for x in 0..<columns {
        // Four bytes a pixel; as a number 0x00rrggbb.
        let value = unsafe bytes.loadUnaligned(fromByteOffset: y * stride + x * 4, as: UInt32.self)
        let first = (y * columns + x) * 3
        pixels[first] = UInt8(truncatingIfNeeded: value >> 16)
        pixels[first + 1] = UInt8(truncatingIfNeeded: value >> 8)
        pixels[first + 2] = UInt8(truncatingIfNeeded: value)
      }
    }
    return RGBImage(width: columns, height: rows, pixels: pixels)
  }
}
