import Kernels

/// Which layers run together, tile by tile.
struct Grouping {
  struct Group {
    /// Consecutive layers, each of which reads the output of the one before.
    var layers: [Int]
    /// Whether the photograph is turned into input as part of the group.
    var readsInput = false
  }

  private(set) var groups: [Group] = []

  init(_ network: Network, fuses: Bool = true) {
    let readers = network.readerCounts
    let result = network.layers[network.layers.count - 1].output
    var hasDepthwise = false
    for (index, layer) in network.layers.enumerated() {
      let isChained: Bool
      if fuses, let previous = groups.last?.layers.last {
        let tensor = network.layers[previous].output
        isChained =
          layer.inputs[0] == tensor && readers[tensor] == 1 && tensor != result
          && Self.passesRows(network.layers[previous]) && Self.passesRows(layer)
          && !(hasDepthwise && !Self.isDepthwise(network.layers[previous]))
      } else {
        isChained = false
      }
      if isChained {
        groups[groups.count - 1].layers.append(index)
      } else {
        groups.append(Group(layers: [index]))
        hasDepthwise = false
      }
      hasDepthwise = hasDepthwise || Self.isDepthwise(layer)
    }
    let inputReaders = network.layers.indices.filter { network.layers[$0].reads.contains(0) }
    if let first = groups.indices.first, inputReaders == [0] { groups[first].readsInput = true }
  }

  private static func isDepthwise(_ layer: Layer) -> Bool {
    if case .depthwise = layer.operation { true } else { false }
  }

  /// Whether output rows need only some neighbouring input rows.
  private static func passesRows(_ layer: Layer) -> Bool {
    switch layer.operation {
    case .convolution, .depthwise: true
    case .averagePool, .combine, .concatenate: false
    }
  }
}

/// The commands of one group, and how many rows its inner tensors keep.
struct GroupSchedule {
  private(set) var commands: [Plan.Command] = []
  private(set) var slots: [TensorIndex: Int] = [:]

  /// Takes the tallest tile of the last output whose rings fit in the L2 cache.
  init(
    _ network: Network, _ buffers: [Buffer], group: Grouping.Group, expansions: Set<Int>,
    ringElementCountMax: Int
  ) {
    let height = buffers[network.layers[group.layers[group.layers.count - 1]].output].shape.height
    for rows in [height, 28, 14, 8, 7, 4, 2, 1] where rows <= height {
      self = GroupSchedule(
        network, buffers, group: group, expansions: expansions, tileRows: rows)
      let elementCount = slots.reduce(0) { $0 + $1.value * buffers[$1.key].rowStride }
      if elementCount <= ringElementCountMax { break }
    }
  }

  private init(
    _ network: Network, _ buffers: [Buffer], group: Grouping.Group, expansions: Set<Int>,
    tileRows: Int
  ) {
    let layers = group.layers.map { network.layers[$0] }
    let last = layers.count - 1
    precondition(!expansions.contains(group.layers[last]), "an expansion's reader is in its group")
    let height = buffers[layers[last].output].shape.height
    // Tensor i is what layer i reads; the last one is the group's output.
    let tensors = layers.map { $0.inputs[0] } + [layers[last].output]
    var done = [Int](repeating: 0, count: tensors.count)
    for tile in stride(from: 0, to: height, by: tileRows) {
      var ends = [Int](repeating: 0, count: tensors.count)
      ends[last + 1] = min(tile + tileRows, height)
      for i in layers.indices.reversed() {
        let rows = layers[i].inputRows(for: ends[i + 1] - 1..<ends[i + 1])
        // The first rows of much padding need nothing of the input.
        ends[i] = max(min(rows.upperBound, buffers[tensors[i]].shape.height), done[i])
      }
      if group.readsInput, done[0] < ends[0] {
        commands.append(.input(rows: done[0]..<ends[0]))
      }
      for i in layers.indices
      where done[i + 1] < ends[i + 1] && !expansions.contains(group.layers[i]) {
        let rows = done[i + 1]..<ends[i + 1]
        var reader = i
        var first = max(layers[i].inputRows(for: rows).lowerBound, 0)
        if i > 0, expansions.contains(group.layers[i - 1]) {
          commands.append(.expandedLayer(group.layers[i], rows: rows))
          reader = i - 1
          first = layers[reader].inputRows(for: first..<first + 1).lowerBound
        } else {
          commands.append(.layer(group.layers[i], rows: rows))
        }
        if reader > 0 || group.readsInput {
          slots[tensors[reader]] = max(slots[tensors[reader], default: 1], ends[reader] - first)
        }
      }
      done = ends
    }
  }
}

extension Layer {
  /// The input rows that output rows are computed from; some may lie outside the input.
  func inputRows(for rows: Range<Int>) -> Range<Int> {
    switch operation {
    case .convolution(let c), .depthwise(let c):
      rows.lowerBound * c.stride - c.padTop..<(rows.upperBound - 1) * c.stride - c.padTop
        + c.kernelHeight
    case .averagePool, .combine, .concatenate: 0..<Int.max
    }
  }
}
