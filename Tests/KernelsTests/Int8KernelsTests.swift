import Kernels
import Testing

/// An arena of pseudo-random bytes: the same for the same seed.
private func filledArena(_ byteCount: Int, seed: UInt64) -> Arena {
  let arena = Arena(byteCount: (byteCount + 3) / 4 * 4)
  var state = seed
  for offset in 0..<arena.floatCount {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    arena.store(Float(bitPattern: UInt32(truncatingIfNeeded: state >> 32)), at: offset)
  }
  return arena
}

private func bits(_ arena: Arena) -> [UInt32] {
  var values = [Float](repeating: 0, count: arena.floatCount)
  var span = values.mutableSpan
  arena.load(at: 0, into: &span, span.indices)
  return values.map(\.bitPattern)
}

/// Runs an operation with every table that this machine has, and expects the scalar one's bytes
/// everywhere, beyond the output too.
private func expectEqualBytes(
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

/// Bytes of floats, little-endian.
private func bytes(_ values: [Float]) -> [UInt8] {
  values.flatMap { value in
    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
  }
}

/// Weights, multipliers and biases in one block, each on a cache line.
private struct Block {
  var bytes: [UInt8] = []

  mutating func place(_ values: [UInt8]) -> Int {
    bytes += [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64)
    defer { bytes += values }
    return bytes.count
  }
}

private func weight(_ n: Int, _ k: Int) -> Int8 { Int8((n * 37 + k * 91) % 255 - 127) }

/// Weights of which four add up to as much as 16 bits hold, with equal signs most of the time.
private func shortWeight(_ n: Int, _ k: Int) -> Int8 {
  let four = n * 53 + (2 * (k / 8) + k % 4 / 2) * 29
  let (first, second) = (four % 65, four / 3 % 65)
  let magnitude = [first, 64 - first, second, 64 - second][k % 2 + k % 8 / 4 * 2]
  // 127 rather than 128 where one has all.
  let all = four % 5 == 0 ? (k % 8 % 4 < 2 ? [127, 1, 0, 0] : [0, 0, 0, 127]) : nil
  let sign = four % 3 == 0 ? -1 : 1
  let value = all.map { $0[k % 2 + k % 8 / 4 * 2] } ?? magnitude
  return Int8((n + k) % 11 == 0 ? -sign * value : sign * value)
}

/// The weights of all outputs, each in the order of its sum.
private func ordered(_ outputs: Int, _ taps: Int, _ weight: (Int, Int) -> Int8) -> [Int8] {
  (0..<outputs).flatMap { n in (0..<taps).map { weight(n, $0) } }
}

private func fits(_ taps: Int, _ weight: (Int, Int) -> Int8) -> Bool {
  (0..<16).allSatisfy { n in
    Packing.largestShortSum((0..<taps).map { weight(n, $0) }[...]) <= Packing.shortSumMax
  }
}

/// Spreads sums over the bytes and beyond both ends.
private func multipliers(_ count: Int, taps: Int) -> [Float] {
  (0..<count).map { Float($0 % 5 + 1) / Float(taps) * 0.0041 }
}

private func biases(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 7) * 40 - 20 } }

@Suite struct `Int8 kernels` {
  @Test(
    arguments: [1, 2, 3, 6, 7, 8, 10, 12, 13, 14, 15, 28],
    [8, 16, 24, 32, 48, 56, 64, 96, 112, 135])
  func `a 1x1 convolution has the scalar bytes`(width: Int, channels: Int) throws {
    let outputs = Packing.padded(channels)
    for (index, inputs) in [4, 8, 12, 16, 28, 64].enumerated() {
      for (rows, fits16Bits) in [(1, true), (1, false), (2, true), (2, false), (3, true)] {
        let stride = Packing.padded(inputs)
        let y = rows * width * stride
        let residual = y + rows * width * outputs
        var block = Block()
        var layer = Int8Layer(packed: 0, multiplier: 0, bias: 0, fits16Bits: fits16Bits)
        try #require(fits(inputs, fits16Bits ? shortWeight : weight) == fits16Bits)
        layer.packed = block.place(
          Packing.int8Convolution(
            outputs: outputs, taps: inputs,
            weights: ordered(outputs, inputs, fits16Bits ? shortWeight : weight)))
        layer.multiplier = block.place(bytes(multipliers(outputs, taps: inputs)))
        layer.bias = block.place(bytes(biases(outputs)))
        let weights = PackedWeights(bytes: block.bytes)
        try expectEqualBytes(
          count: residual + rows * width * outputs, seed: UInt64(index * 10 + rows),
          "\(rows) rows of \(width), \(inputs) to \(channels), fits 16 bits: \(fits16Bits)"
        ) { table, arena in
          let parameters = Int8Residual(
            sumZero: 117, sumScale: 0.731, residualZero: 128, residualScale: 0.913,
            outputZero: 121)
          table.convolveInt8(
            arena, rows: rows, width: width,
            inputRows: (0..<rows).map { $0 * width * stride },
            taps: Taps(
              kernelHeight: 1, rowStep: 1, segments: 1, segmentLength: inputs, segmentStride: 0,
              pixelStride: stride),
            weights: weights, layer: layer, bias: layer.bias, outputs: outputs,
            channels: channels,
            y: PixelRows(offset: y, pixelStride: outputs, rowStride: width * outputs),
            residual: rows == 2
              ? (
                PixelRows(offset: residual, pixelStride: outputs, rowStride: width * outputs),
                parameters
              ) : nil)
          // Kernels may differ in what a pixel holds beyond its channels.
          for pixel in 0..<rows * width where channels < outputs {
            let end = y + (pixel + 1) * outputs
            arena.fill(end - outputs + channels..<end, with: 0)
          }
        }
      }
    }
  }

  @Test(arguments: [1, 5, 7, 14, 16], [1, 2, 3])
  func `a convolution of several segments has the scalar bytes`(width: Int, stride: Int) throws {
    for (kernel, channels, fits16Bits) in [
      (3, 4, false), (5, 4, true), (7, 4, false), (3, 16, false), (3, 16, true),
    ] {
      let rowLength = ((width - 1) * stride + kernel) * channels
      let y = ((stride + kernel) * rowLength + 63) / 64 * 64
      let taps = kernel * kernel * channels
      var block = Block()
      var layer = Int8Layer(packed: 0, multiplier: 0, bias: 0, fits16Bits: fits16Bits)
      layer.packed = block.place(
        Packing.int8Convolution(
          outputs: 40, taps: taps,
          weights: ordered(40, taps, fits16Bits ? shortWeight : weight)))
      layer.multiplier = block.place(bytes(multipliers(48, taps: taps)))
      layer.bias = block.place(bytes(biases(48)))
      let weights = PackedWeights(bytes: block.bytes)
      try expectEqualBytes(
        count: y + 2 * width * 48, seed: UInt64(kernel * 100 + width),
        "\(kernel)x\(kernel) of \(channels), width \(width), stride \(stride), "
          + "fits 16 bits: \(fits16Bits)"
      ) { table, arena in
        table.convolveInt8(
          arena, rows: 2, width: width, inputRows: (0..<stride + kernel).map { $0 * rowLength },
          taps: Taps(
            kernelHeight: kernel, rowStep: stride, segments: 1,
            segmentLength: kernel * channels, segmentStride: 0, pixelStride: stride * channels),
          weights: weights, layer: layer, bias: layer.bias, outputs: 48,
          channels: 40, y: PixelRows(offset: y, pixelStride: 48, rowStride: width * 48),
          residual: nil)
        for pixel in 0..<2 * width {
          arena.fill(y + 48 * pixel + 40..<y + 48 * pixel + 48, with: 0)
        }
      }
    }
  }

  @Test(arguments: [1, 2, 5, 13, 28, 130], [1, 2])
  func `a 3x3 convolution of an image, with and without fourth weights, has the scalar bytes`(
    width: Int, stride: Int
  ) throws {
    for (outputs, hasFourth) in [(16, false), (32, false), (96, false), (32, true)] {
      let rowLength = ((width - 1) * stride + 3) * 4
      let y = ((stride + 3) * rowLength + 63) / 64 * 64
      var block = Block()
      var layer = Int8Layer(packed: 0, multiplier: 0, bias: 0)
      layer.packed = block.place(
        Packing.int8Convolution(
          outputs: outputs, taps: 36,
          weights: ordered(outputs, 36) { n, k in
            k % 4 == 3 && !(hasFourth && n == outputs - 1 && k == 35) ? 0 : weight(n, k)
          }))
      layer.multiplier = block.place(bytes(multipliers(outputs, taps: 27)))
      layer.bias = block.place(bytes(biases(outputs)))
      let weights = PackedWeights(bytes: block.bytes)
      try expectEqualBytes(
        count: y + 2 * width * outputs + KernelTable.overread, seed: UInt64(width * 10 + stride),
        "to \(outputs), width \(width), stride \(stride), fourth weight: \(hasFourth)"
      ) { table, arena in
        table.convolveInt8(
          arena, rows: 2, width: width, inputRows: (0..<stride + 3).map { $0 * rowLength },
          taps: Taps(
            kernelHeight: 3, rowStep: stride, segments: 1, segmentLength: 12, segmentStride: 0,
            pixelStride: stride * 4),
          weights: weights, layer: layer, bias: layer.bias, outputs: outputs, channels: outputs,
          y: PixelRows(offset: y, pixelStride: outputs, rowStride: width * outputs), residual: nil)
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 9, 14], [1, 2, 3])
  func `a depthwise convolution has the scalar bytes`(width: Int, stride: Int) throws {
    for (kernel, channels) in [(3, 16), (3, 32), (3, 48), (3, 64), (3, 144), (5, 32), (1, 16)] {
      for rowCount in 1...3 {
        let rowLength = ((width - 1) * stride + kernel) * channels
        let inputRows = (rowCount - 1) * stride + kernel
        let y = inputRows * rowLength + 12 * channels + 256
        let taps = kernel * kernel
        var block = Block()
        var layer = Int8Layer(packed: 0, multiplier: 0, bias: 0)
        layer.packed = block.place(
          Packing.int8Depthwise(channels: channels, taps: taps, weight: weight))
        layer.multiplier = block.place(bytes(multipliers(channels, taps: taps)))
        layer.bias = block.place(bytes(biases(channels)))
        if kernel == 3 {
          layer.interleaved = block.place(
            Packing.int8Interleaved(channels: channels, weight: weight))
        }
        let weights = PackedWeights(bytes: block.bytes)
        try expectEqualBytes(
          count: y + rowCount * width * channels, seed: UInt64(kernel * 100 + width),
          "\(kernel)x\(kernel) of \(channels), \(rowCount) rows of \(width), stride \(stride)"
        ) { table, arena in
          table.convolveDepthwiseInt8(
            arena, rows: rowCount, width: width, channels: channels,
            inputRows: (0..<inputRows).map { $0 * rowLength },
            window: DepthwiseWindow(
              kernelHeight: kernel, kernelWidth: kernel, stride: stride, pixelStride: channels),
            weights: weights, layer: layer,
            y: PixelRows(offset: y, pixelStride: channels, rowStride: width * channels))
        }
      }
    }
  }

  @Test(arguments: [20, 21, 23, 24, 27, 56], [1, 2])
  func `an expansion computed with its depthwise convolution has the scalar bytes of the two`(
    width: Int, stride: Int
  ) throws {
    let scalar = try #require(KernelTable.forced(.scalar))
    for (index, (inputs, channels)) in [(4, 16), (16, 96), (24, 144), (40, 208)].enumerated() {
      for pad in 0...1 {
        let height = 4 + index
        let size = (
          height: (height + 2 * pad - 3) / stride + 1, width: (width + 2 * pad - 3) / stride + 1
        )
        let pixel = Packing.padded(inputs)
        let between = 3 * pixel + height * width * pixel + 4 * pixel
        let row = (width + 2 * pad) * channels
        let y = between + (height + 2 * pad) * row + 12 * channels + 256
        let count = y + size.height * size.width * channels
        var block = Block()
        var dense = Int8Layer(packed: 0, multiplier: 0, bias: 0)
        dense.packed = block.place(
          Packing.int8Convolution(
            outputs: channels, taps: inputs, weights: ordered(channels, inputs, weight)))
        let order = Packing.panelOrder(channels)
        let factors = (multipliers(channels, taps: inputs), biases(channels))
        dense.multiplier = block.place(bytes(order.map { factors.0[$0] }))
        dense.bias = block.place(bytes(order.map { factors.1[$0] }))
        var parts = Int8Layer(packed: 0, multiplier: 0, bias: 0)
        parts.packed = block.place(
          Packing.int8Parts(
            outputs: channels, inputs: inputs, weights: ordered(channels, inputs, weight)))
        parts.multiplier = block.place(bytes(factors.0))
        parts.bias = block.place(bytes(factors.1))
        var depthwise = Int8Layer(packed: 0, multiplier: 0, bias: 0)
        depthwise.packed = block.place(
          Packing.int8Depthwise(channels: channels, taps: 9, weight: weight))
        depthwise.interleaved = block.place(
          Packing.int8Interleaved(channels: channels, weight: weight))
        depthwise.multiplier = block.place(bytes(multipliers(channels, taps: 9)))
        depthwise.bias = block.place(bytes(biases(channels)))
        let weights = PackedWeights(bytes: block.bytes)
        let taps = Taps(
          kernelHeight: 1, rowStep: 1, segments: 1, segmentLength: inputs, segmentStride: 0,
          pixelStride: pixel)
        let inputRows = (0..<height).map { (3 + $0 * width) * pixel }
        let output = PixelRows(
          offset: y, pixelStride: channels, rowStride: size.width * channels)
        let seed = UInt64(width * 10 + index)

        let reference = filledArena(count, seed: seed)
        reference.fill(between..<y, with: 0)
        scalar.convolveInt8(
          reference, rows: height, width: width, inputRows: inputRows, taps: taps,
          weights: weights, layer: dense, bias: dense.bias, outputs: channels,
          channels: channels,
          y: PixelRows(
            offset: between + pad * (row + channels), pixelStride: channels, rowStride: row),
          residual: nil)
        scalar.convolveDepthwiseInt8(
          reference, rows: size.height, width: size.width, channels: channels,
          inputRows: (0..<(size.height - 1) * stride + 3).map { between + $0 * row },
          window: DepthwiseWindow(
            kernelHeight: 3, kernelWidth: 3, stride: stride, pixelStride: channels),
          weights: weights, layer: depthwise, y: output)
        let expected = bits(reference)[(y / 4)...]

        for table in InstructionSet.allCases.compactMap({ KernelTable.forced($0) })
        where table.fusesExpansionInt8(inputWidth: width, width: size.width, stride: stride) {
          let arena = filledArena(count, seed: seed)
          let read = (size.height - 1) * stride + 3
          table.expandDepthwiseInt8(
            arena, rows: size.height, width: size.width, channels: channels, stride: stride,
            inputRows: Array(inputRows.prefix(read - pad)),
            expansion: Int8Expansion(
              rows: min(read - pad, height), width: width, taps: taps, layer: parts, padTop: pad,
              padLeft: pad),
            weights: weights, layer: depthwise, y: output)
          #expect(
            bits(arena)[(y / 4)...] == expected,
            "\(inputs) to \(channels), pad \(pad), seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: [0, 1, 7, 8, 10, 11, 12, 18, 19, 224])
  func `pixels of four bytes are the scalar ones`(count: Int) throws {
    let pixels = (0..<3 * count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 1) }
    try expectEqualBytes(count: 4 * count + 64, seed: 2, "\(count) pixels") { table, arena in
      table.widenPixelsInt8(pixels.span, arena, at: 0)
      arena.fill(4 * count..<4 * count + 1, with: 0)
    }
  }

  @Test(arguments: [1, 2, 7], [16, 48])
  func `pooling has the scalar bits`(width: Int, channels: Int) throws {
    let size = (3 * width * channels + 63) / 64 * 64
    try expectEqualBytes(count: size + 4 * channels, seed: 1, "pool") { table, arena in
      table.poolInt8(
        arena, rows: 3, width: width, channels: channels,
        x: PixelRows(offset: 0, pixelStride: channels, rowStride: width * channels),
        sumOffset: 345, scale: 0.0123, output: size)
    }
  }
}
