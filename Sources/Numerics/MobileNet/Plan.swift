import Kernels

/// A network's execution, worked out once: which rows of which layer are computed when, and where
/// everything lies in one arena.
///
/// Layers that pass rows on to one reader only are fused into groups. A group runs in tiles of some
/// rows of its last output; the tensors between its layers are rings of a few rows, which stay in
/// the L2 cache, while the whole tensors (the 112x112x96 of a MobileNetV2 take 4.8 MB) wouldn't.
struct Plan: Sendable {
  /// One thing to do, in order.
  enum Command: Sendable {
    /// Turn these rows of the photograph into input.
    case input(rows: Range<Int>)
    /// Compute these rows of a layer's output.
    case layer(Int, rows: Range<Int>)
    /// Compute these rows of a depthwise layer's output, and what it needs of the layer before it.
    case expandedLayer(Int, rows: Range<Int>)
    /// Set the padding columns of a tensor to zero.
    case clearPadding(TensorIndex)
  }

  /// The most bytes that the rings of a group may take: half of a common L2 cache, as the group's
  /// input, output and weights need room too.
  static let ringByteCountMax = 512 << 10

  let network: Network
  let precision: Precision
  /// The layers that are computed together with the depthwise ones that follow them.
  let expansions: Set<Int>
  private(set) var buffers: [Buffer]
  private(set) var commands: [Command] = []
  /// Elements of the arena: float32 values or bytes.
  private(set) var elementCount = 0
  /// For every byte that pads something: where a row of it lies, for the kernel rows above and below
  /// an input. They are written once, and nothing else lies there.
  private(set) var paddingRows: [UInt8: Range<Int>] = [:]

  /// - Parameters:
  ///   - expansions: layers to compute together with the depthwise ones that follow them
  ///   - fuses: whether to fuse layers into groups; without, every tensor is whole
  ///   - paddingBytes: in int8, what stands for zero in each tensor
  init(
    _ network: Network, precision: Precision = .float32, expansions: Set<Int> = [],
    fuses: Bool = true, paddingBytes: [UInt8]? = nil
  ) {
    self.network = network
    self.precision = precision
    self.expansions = expansions
    buffers = Self.buffers(network, precision)
    if let paddingBytes {
      for tensor in buffers.indices { buffers[tensor].paddingByte = paddingBytes[tensor] }
    }
    var lifetimes = [Lifetime?](repeating: nil, count: network.tensors.count)
    let groups = Grouping(network, fuses: fuses).groups
    for (index, group) in groups.enumerated() {
      let schedule = GroupSchedule(
        network, buffers, group: group, expansions: expansions,
        ringElementCountMax: Self.ringByteCountMax / precision.elementByteCount)
      for (tensor, slots) in schedule.slots { buffers[tensor].slots = slots }
      for layer in group.layers.map({ network.layers[$0] }) {
        for tensor in layer.reads + [layer.output] { lifetimes[tensor].extend(to: index) }
      }
      // What an expansion gives stays within the kernel.
      let passing = group.layers.filter(expansions.contains).map { network.layers[$0].output }
      for tensor in passing { lifetimes[tensor] = nil }
      if group.readsInput { lifetimes[0].extend(to: index) }
      let written = group.layers.map { network.layers[$0].output }.filter { !passing.contains($0) }
      for tensor in (group.readsInput ? [0] : []) + written
      where buffers[tensor].padLeft + buffers[tensor].padRight > 0 {
        commands.append(.clearPadding(tensor))
      }
      commands += schedule.commands
    }
    // The caller reads the features after everything else.
    for tensor in network.outputs { lifetimes[tensor].extend(to: groups.count) }
    place(lifetimes)
  }

  /// The buffers with their padding columns, not yet placed.
  private static func buffers(_ network: Network, _ precision: Precision) -> [Buffer] {
    var buffers = network.tensors.map {
      Buffer(shape: $0, pixelStride: Packing.padded($0.channels))
    }
    for layer in network.layers {
      let tensor = layer.inputs[0]
      let width = network.tensors[layer.output].width
      switch layer.operation {
      case .convolution(let c), .depthwise(let c):
        let right =
          c.reach(width, kernel: c.kernelWidth) - c.padLeft - network.tensors[tensor].width
        buffers[tensor].padLeft = max(buffers[tensor].padLeft, c.padLeft)
        buffers[tensor].padRight = max(buffers[tensor].padRight, right)
      case .averagePool, .combine, .concatenate: break
      }
    }
    // In int8 an element is a byte.
    if precision == .int8 {
      for (tensor, isPooled) in network.pooledTensors.enumerated() where isPooled {
        buffers[tensor].pixelStride *= 4
      }
    }
    // A kernel row of the first convolution is one run of memory if pixels lie densely.
    buffers[0].pixelStride = precision == .int8 ? 4 : network.tensors[0].channels
    return buffers
  }

  /// Gives every buffer its place: the largest first, each at the lowest offset where it doesn't
  /// meet a buffer that lives at the same time.
  private mutating func place(_ lifetimes: [Lifetime?]) {
    var base = 0
    let length = ((buffers.map(\.rowStride).max() ?? 0) + 63) / 64 * 64
    for byte in Set(paddedTensors.map { buffers[$0].paddingByte }).sorted() {
      paddingRows[byte] = base..<base + length
      base += length
    }
    elementCount = base
    var placed: [TensorIndex] = []
    let order = buffers.indices.filter { lifetimes[$0] != nil }
      .sorted { (buffers[$0].elementCount, $1) > (buffers[$1].elementCount, $0) }
    for tensor in order {
      let size = (buffers[tensor].elementCount + 63) / 64 * 64
      let rivals = placed.filter { lifetimes[$0]!.overlaps(lifetimes[tensor]!) }
        .sorted { buffers[$0].offset < buffers[$1].offset }
      var offset = base
      for rival in rivals {
        if buffers[rival].offset >= offset + size { break }
        offset = max(offset, (buffers[rival].offset + buffers[rival].elementCount + 63) / 64 * 64)
      }
      buffers[tensor].offset = offset
      elementCount = max(elementCount, offset + size)
      placed.append(tensor)
    }
    // Int8 kernels take pixels by fours and channels by 64.
    if precision == .int8 { elementCount += 12 * (buffers.map(\.pixelStride).max() ?? 0) + 256 }
  }
}

extension Plan {
  /// The same with elements of float32: how the float32 layers of an int8 plan see it.
  var inFloats: Plan {
    guard precision == .int8 else { return self }
    var plan = self
    for tensor in buffers.indices {
      plan.buffers[tensor].offset /= 4
      plan.buffers[tensor].pixelStride /= 4
    }
    plan.paddingRows = paddingRows.mapValues { $0.lowerBound / 4..<$0.upperBound / 4 }
    return plan
  }

  /// The tensors that kernels leave at the top or the bottom.
  private var paddedTensors: [TensorIndex] {
    network.layers.compactMap { layer in
      switch layer.operation {
      case .convolution(let c), .depthwise(let c):
        let reach = c.reach(network.tensors[layer.output].height, kernel: c.kernelHeight)
        let leaves = c.padTop > 0 || reach > network.tensors[layer.inputs[0]].height
        return leaves ? layer.inputs[0] : nil
      case .averagePool, .combine, .concatenate: return nil
      }
    }
  }
}

extension Precision {
  /// The bytes of an activation.
  var elementByteCount: Int { self == .int8 ? 1 : 4 }
}

/// The groups during which a buffer holds something.
private struct Lifetime {
  var first: Int
  var last: Int

  func overlaps(_ other: Lifetime) -> Bool { first <= other.last && other.first <= last }
}

extension Lifetime? {
  fileprivate mutating func extend(to group: Int) {
    self = Lifetime(first: Swift.min(self?.first ?? group, group), last: group)
  }
}
