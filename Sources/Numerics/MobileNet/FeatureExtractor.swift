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
    self.features(pixels: pixels, into: &features) { _, _ in }
  }

  /// The same, and has somebody look at the working memory after each command of the plan.
  mutating func features(
    pixels: Span<UInt8>, into features: inout MutableSpan<Float>,
    after: (borrowing FeatureExtractor, Plan.Command) -> Void
  ) {
    precondition(features.count == backbone.featureCount)
    for place in backbone.plan.commands.indices {
      if case .input(let rows) = backbone.plan.commands[place] {
        load(rows, of: pixels)
      } else {
        execute(place)
      }
      after(self, backbone.plan.commands[place])
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
    for (place, command) in backbone.plan.commands.enumerated() {
      if case .input(let rows) = command {
        for row in rows {
          let start = backbone.plan.buffers[0].pixels(row).offset
          for index in 0..<width * 3 {
            arena.store(
              input[(index % 3 * height + row) * width + index / 3], at: start + index)
          }
        }
      } else {
        execute(place)
      }
    }
    takeFeatures(into: &features)
  }

  /// Runs one image, and shows every pixel of some tensors as it lies in the arena: for calibration.
  ///
  /// - Parameter tensors: whether each of the network's is looked at; only what a layer gives is
  /// - Precondition: the backbone runs in float32 and its layers stand alone
  mutating func observe(
    _ tensors: [Bool], pixels: Span<UInt8>,
    _ see: (TensorIndex, Arena, _ pixel: Range<Int>) -> Void
  ) {
    for (place, command) in backbone.plan.commands.enumerated() {
      switch command {
      case .input(let rows): load(rows, of: pixels)
      case .clearPadding: execute(place)
      case .expandedLayer: preconditionFailure("layers that stand alone have no expansions")
      case .layer(let index, let rows):
        execute(place)
        let tensor = backbone.plan.network.layers[index].output
        guard tensors[tensor] else { continue }
        let buffer = backbone.plan.buffers[tensor]
        for row in rows {
          let start = buffer.pixels(row).offset
          for pixel in 0..<buffer.shape.width {
            let first = start + pixel * buffer.pixelStride
            see(tensor, arena, first..<first + buffer.shape.channels)
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
    var first = 0
    for tensor in backbone.outputs {
      let buffer = backbone.plan.buffers[tensor]
      let places = first..<first + buffer.shape.channels
      arena.load(
        at: buffer.offset * backbone.precision.elementByteCount / 4, into: &features, places)
      first = places.upperBound
    }
    backbone.standardization?.apply(to: &features)
  }

  /// Runs the command at a place of the plan, unless it is the input's.
  private mutating func execute(_ place: Int) {
    switch backbone.plan.commands[place] {
    case .input: break
    case .clearPadding(let tensor): clearPadding(backbone.plan.buffers[tensor])
    case .layer(let index, let rows):
      let calls = backbone.callRanges[place]
      for call in calls { backbone.calls[call].run(arena, backbone.weights, backbone.kernels) }
      if calls.isEmpty { computeInt8(index, rows) }
    case .expandedLayer(let index, let rows): computeExpandedInt8(index, rows)
    }
  }

  /// Runs all commands but the input's, each between a call of `before` with its layer and one of
  /// `after`: for benchmarks.
  package mutating func runTimed(before: () -> Void, after: (_ layer: Int?) -> Void) {
    for (place, command) in backbone.plan.commands.enumerated() {
      before()
      execute(place)
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

  /// Splits output rows into runs that lie one after the other, in the output and the residual, and
  /// collects the input rows of each.
  mutating func inRuns(
    of rows: Range<Int>, _ layer: Layer, _ c: Convolution,
    _ compute: (inout FeatureExtractor, _ row: Int, _ count: Int) -> Void
  ) {
    var row = rows.lowerBound
    while row < rows.upperBound {
      let count = backbone.plan.run(of: row..<rows.upperBound, layer, c)
      inputRows.removeAll(keepingCapacity: true)
      backbone.plan.appendInputRows(of: row..<row + count, layer, c, to: &inputRows)
      compute(&self, row, count)
      row += count
    }
  }
}
