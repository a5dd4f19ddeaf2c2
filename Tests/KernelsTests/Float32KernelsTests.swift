import Kernels
import Testing

/// An arena of pseudo-random values, some of them 0, −0 and large: the same for the same seed.
private func filledArena(_ count: Int, seed: UInt64) -> Arena {
  let arena = Arena(byteCount: count * 4)
  var state = seed
  for offset in 0..<count {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let draw = UInt32(truncatingIfNeeded: state >> 33)
    let value: Float =
      switch draw % 16 {
      case 0: 0
      case 1: -0.0
      case 2: Float(draw) * 1e-3
      default: Float(Int32(draw % 20_001) - 10_000) * 3e-4
      }
    arena.store(value, at: offset)
  }
  return arena
}

private func bits(_ arena: Arena) -> [UInt32] {
  var values = [Float](repeating: 0, count: arena.floatCount)
  var span = values.mutableSpan
  arena.load(at: 0, into: &span, span.indices)
  return values.map(\.bitPattern)
}

/// Runs an operation with every table that this machine has, and expects the scalar one's bits
/// everywhere, beyond the output too.
private func expectEqualBits(
  count: Int, seed: UInt64, _ label: String, _ run: (KernelTable, Arena) -> Void
) throws {
  let reference = filledArena(count, seed: seed)
  run(try #require(KernelTable.forced(.scalar)), reference)
  let expected = bits(reference)
  #expect(expected != bits(filledArena(count, seed: seed)), "\(label) writes nothing")
  for set in InstructionSet.allCases where set != .scalar {
    guard let table = KernelTable.forced(set) else { continue }
    let arena = filledArena(count, seed: seed)
    run(table, arena)
    #expect(bits(arena) == expected, "\(set) differs from scalar: \(label), seed \(seed)")
  }
}

/// Clears what a pixel holds beyond its channels, where kernels may differ.
private func clearBeyond(
  _ channels: Int, of stride: Int, pixels: Int, at offset: Int, _ arena: Arena
) {
  for pixel in 0..<pixels {
    arena.zero(offset + pixel * stride + channels..<offset + (pixel + 1) * stride)
  }
}

private let activations: [Activation] = [
  .none, .clip(low: 0, high: 6), .clip(low: 0, high: .infinity), .clip(low: -0.0, high: 0),
  .hardSwish, .swish, .sigmoid,
  .hardSigmoid(alpha: 0.16666667, beta: 0.5),
]

@Suite struct `Float32 kernels` {
  @Test(arguments: [1, 2, 3, 6, 7, 8, 10, 13, 14, 15, 28], [3, 8, 16, 24, 32, 40, 48, 56, 96])
  func `a 1x1 convolution has the scalar bits`(width: Int, channels: Int) throws {
    let outputs = Packing.padded(channels)
    for (index, inputs) in [1, 3, 4, 5, 16, 27, 64].enumerated() {
      for rows in 1...3 {
        let stride = Packing.padded(inputs)
        let y = rows * width * stride
        let residual = y + rows * width * outputs
        let weights = PackedWeights(
          Packing.convolution(
            outputs: channels, taps: inputs, bias: (0..<channels).map { Float($0) * 0.03 - 0.5 }
          ) { n, k in Float((n * 31 + k * 17) % 23 - 11) * 0.0371 })
        try expectEqualBits(
          count: residual + rows * width * outputs, seed: UInt64(index * 10 + rows),
          "\(rows) rows of \(width), \(inputs) to \(channels)"
        ) { table, arena in
          table.convolve(
            arena, rows: rows, width: width,
            inputRows: (0..<rows).map { $0 * width * stride },
            taps: Taps(
              kernelHeight: 1, rowStep: 1, segments: 1, segmentLength: inputs, segmentStride: 0,
              pixelStride: stride),
            weights: weights, packed: 0, outputs: outputs, channels: channels,
            y: PixelRows(offset: y, pixelStride: outputs, rowStride: width * outputs),
            residual: rows == 2
              ? PixelRows(offset: residual, pixelStride: outputs, rowStride: width * outputs)
              : nil,
            activation: activations[index % activations.count])
          clearBeyond(channels, of: outputs, pixels: rows * width, at: y, arena)
        }
      }
    }
  }

  @Test(arguments: [1, 5, 7, 14, 16], [1, 2, 3])
  func `a convolution of several rows or segments has the scalar bits`(width: Int, stride: Int)
    throws
  {
    for (kernel, channels, outputs, pixel) in [
      (3, 3, 40, 3), (3, 3, 24, 3), (3, 16, 32, 16), (5, 3, 8, 3), (7, 1, 48, 1), (3, 5, 24, 16),
      (3, 3, 56, 16),
    ] {
      let isDense = pixel == channels
      let rowLength = ((width - 1) * stride + kernel) * pixel
      let y = ((stride + kernel) * rowLength + 15) / 16 * 16
      let taps = kernel * kernel * channels
      let padded = Packing.padded(outputs)
      let weights = PackedWeights(
        Packing.convolution(
          outputs: outputs, taps: taps, bias: (0..<outputs).map { Float($0) * 0.01 }
        ) { n, k in Float((n * 7 + k * 13) % 29 - 14) * 0.021 })
      try expectEqualBits(
        count: y + 2 * width * padded, seed: UInt64(kernel * 100 + width),
        "\(kernel)x\(kernel) of \(channels) to \(outputs), width \(width), stride \(stride)"
      ) { table, arena in
        table.convolve(
          arena, rows: 2, width: width, inputRows: (0..<stride + kernel).map { $0 * rowLength },
          taps: Taps(
            kernelHeight: kernel, rowStep: stride, segments: isDense ? 1 : kernel,
            segmentLength: isDense ? kernel * channels : channels, segmentStride: pixel,
            pixelStride: stride * pixel),
          weights: weights, packed: 0, outputs: padded, channels: outputs,
          y: PixelRows(offset: y, pixelStride: padded, rowStride: width * padded), residual: nil,
          activation: .clip(low: 0, high: 6))
        clearBeyond(outputs, of: padded, pixels: 2 * width, at: y, arena)
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 27], [1, 2, 3])
  func `a depthwise convolution has the scalar bits`(width: Int, stride: Int) throws {
    for (kernel, channels) in [(3, 16), (3, 48), (5, 32), (7, 16), (1, 16)] {
      let rowLength = ((width - 1) * stride + kernel) * channels
      let y = (stride + kernel) * rowLength
      let weights = PackedWeights(
        Packing.depthwise(
          channels: channels, taps: kernel * kernel, bias: (0..<channels).map { Float($0) * 0.02 }
        ) { c, tap in Float((c * 5 + tap * 11) % 19 - 9) * 0.083 })
      try expectEqualBits(
        count: y + 2 * width * channels, seed: UInt64(kernel * 100 + width),
        "\(kernel)x\(kernel) of \(channels), width \(width), stride \(stride)"
      ) { table, arena in
        table.convolveDepthwise(
          arena, rows: 2, width: width, channels: channels,
          inputRows: (0..<stride + kernel).map { $0 * rowLength },
          window: DepthwiseWindow(
            kernelHeight: kernel, kernelWidth: kernel, stride: stride, pixelStride: channels),
          weights: weights, packed: 0,
          y: PixelRows(offset: y, pixelStride: channels, rowStride: width * channels),
          activation: activations[(kernel + width) % activations.count])
      }
    }
  }

  @Test(arguments: [1, 2, 7], [16, 48])
  func `pooling, sums and products have the scalar bits`(width: Int, channels: Int) throws {
    let size = 3 * width * channels
    let rows = { (offset: Int) in
      PixelRows(offset: offset, pixelStride: channels, rowStride: width * channels)
    }
    try expectEqualBits(count: size + channels, seed: 1, "pool") { table, arena in
      table.pool(arena, rows: 3, width: width, channels: channels, x: rows(0), output: size)
    }
    for activation in activations {
      for operation in [KernelTable.Binary.add, .multiply] {
        try expectEqualBits(count: 3 * size, seed: 2, "\(operation)") { table, arena in
          table.combine(
            arena, operation, rows: 3, width: width, channels: channels, a: rows(0),
            b: operation == .add
              ? rows(size) : PixelRows(offset: size, pixelStride: 0, rowStride: 0),
            y: rows(2 * size), activation: activation)
        }
      }
    }
  }

  @Test func `a sum starts at the bias and takes taps in order`() {
    // (2²⁴ + 1) + 1 loses both ones, (1 + 1) + 2²⁴ keeps them: only one order gives 2²⁴.
    let weights = PackedWeights(
      Packing.convolution(outputs: 1, taps: 2, bias: [0x1p24]) { _, _ in 1 })
    let arena = Arena(byteCount: 32 * 4)
    arena.store([1, 1].span, at: 0)
    for set in InstructionSet.allCases {
      KernelTable.forced(set)?.convolve(
        arena, rows: 1, width: 1, inputRows: [0],
        taps: Taps(
          kernelHeight: 1, rowStep: 1, segments: 1, segmentLength: 2, segmentStride: 0,
          pixelStride: 16),
        weights: weights, packed: 0,
        outputs: 16, channels: 1, y: PixelRows(offset: 16, pixelStride: 16, rowStride: 16),
        residual: nil,
        activation: .none)
      #expect(bits(arena)[16] == Float(0x1p24).bitPattern, "\(set)")
    }
  }
}
