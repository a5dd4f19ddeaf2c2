import ONNX

// The operators that move numbers and leave them as they are.
extension GraphReader {
  /// The dimensions of an operand, for messages.
  func text(_ operand: Operand) -> String {
    let dimensions = operand.axes.map { axis in
      switch axis {
      case .sample: "n"
      case .channel: "\(extent(axis, of: operand)) channels"
      case .height, .width: "\(extent(axis, of: operand)) pixels"
      case .one: "1"
      }
    }
    return "[" + dimensions.joined(separator: ", ") + "]"
  }

  mutating func readIdentity(_ node: OnnxNode) throws(MobileNetError) {
    define(node, try anyOperand(node, 0))
  }

  mutating func readDropout(_ node: OnnxNode) throws(MobileNetError) {
    if node.inputs.count > 2, constant(node, 2)?.ints?.first ?? 0 != 0 {
      throw .trainingMode(node: node.label)
    }
    try readIdentity(node)
  }

  /// Whatever width the file computes with: here it is float32.
  mutating func readCast(_ node: OnnxNode) throws(MobileNetError) {
    let target = try node.checked { node throws(OnnxError) in try node.int("to") }
    guard let target, [1, 10, 11, 16].contains(target) else {
      throw node.refused("an image can't become whole numbers")
    }
    define(node, try anyOperand(node, 0))
  }

  mutating func readTranspose(_ node: OnnxNode) throws(MobileNetError) {
    var operand = try anyOperand(node, 0)
    let axes = operand.axes
    operand.axes = try node.permutation(rank: axes.count).map { axes[$0] }
    define(node, operand)
  }

  /// Reshape, Flatten, Squeeze and Unsqueeze may add and remove dimensions of 1: all others keep
  /// their order, so that no number moves.
  mutating func readShapeChange(_ node: OnnxNode) throws(MobileNetError) {
    var operand = try anyOperand(node, 0)
    let old = operand.axes.map { extent($0, of: operand) }
    let new = try ShapeChange(node, constant(node, 1)).applied(to: old, node)
    var kept = operand.axes.filter { extent($0, of: operand) != 1 }[...]
    guard new.filter({ $0 != 1 }) == kept.map({ extent($0, of: operand) }) else {
      throw node.refused(
        "\(text(operand)) becomes \(new); only dimensions of 1 may come and go, as in pooled "
          + "features")
    }
    // Where the classes are counted, channels may well be one: they keep their name.
    let hasOneChannel = !kept.contains(.channel)
    operand.axes = new.map { $0 == 1 ? .one : kept.removeFirst() }
    if hasOneChannel, let last = operand.axes.lastIndex(of: .one) { operand.axes[last] = .channel }
    define(node, operand)
  }

  mutating func readPad(_ node: OnnxNode) throws(MobileNetError) {
    var operand = try anyOperand(node, 0)
    guard operand.ending == nil else { throw endingRefusal(node, operand) }
    let (mode, pads, value) = try node.checked { node throws(OnnxError) in
      (try node.string("mode") ?? "constant", try node.ints("pads"), try node.float("value"))
    }
    let filling = try floats(node, 2)?.first ?? value ?? 0
    guard mode == "constant", filling == 0 else {
      throw node.refused("mode '\(mode)' with \(filling); supported is padding with 0")
    }
    guard let amounts = pads ?? constant(node, 1)?.ints, amounts.count == 2 * operand.axes.count,
      amounts.allSatisfy({ (0..<Int64(Window.kernelMax)).contains($0) }),
      node.inputs.dropFirst(3).allSatisfy(\.isEmpty)
    else {
      throw node.refused(
        "its pads aren't a constant of less than \(Window.kernelMax) on every side")
    }
    let rank = operand.axes.count
    for (place, axis) in operand.axes.enumerated() {
      let (before, after) = (Int(amounts[place]), Int(amounts[place + rank]))
      switch axis {
      case .height:
        operand.padding.top += before
        operand.padding.bottom += after
      case .width:
        operand.padding.left += before
        operand.padding.right += after
      default:
        guard before == 0, after == 0 else {
          throw node.refused("pads \(amounts) of \(text(operand)); only pixels may be added")
        }
      }
    }
    define(node, operand)
  }
}

// The operators that may change the order or the number of pixels and channels, where they don't.
extension GraphReader {
  /// A Resize or Upsample that keeps the size.
  mutating func readResize(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try operand(node, 0)
    let extents = operand.axes.map { extent($0, of: operand) }
    let listed = try node.checked { node throws(OnnxError) in try node.floats("scales") }
    // Scales are input 1 up to operator set 10, input 2 since; sizes are input 3.
    let scales = listed ?? constant(node, 2)?.floats ?? constant(node, 1)?.floats ?? []
    let sizes = constant(node, 3)?.ints ?? []
    let keepsSize =
      sizes.isEmpty
      ? scales.count == extents.count && scales.allSatisfy { $0 == 1 }
      : sizes.map { Int($0) } == extents
    guard keepsSize else {
      throw node.refused("it changes the size of \(text(operand)); export the model for one size")
    }
    define(node, operand)
  }

  /// Channels from blue to red, by their indices.
  mutating func readGather(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try flippable(node, 0)
    let axis = try node.checked { node throws(OnnxError) in try node.int("axis") ?? 0 }
    try flip(node, operand, axis: axis, isFlip: constant(node, 1)?.ints == [2, 1, 0])
  }

  /// Channels from blue to red, by a step of −1.
  mutating func readSlice(_ node: OnnxNode) throws(MobileNetError) {
    let operand = try flippable(node, 0)
    let extents = operand.axes.map { extent($0, of: operand) }
    let listed = try node.checked { node throws(OnnxError) in
      (try node.ints("starts"), try node.ints("ends"), try node.ints("axes"))
    }
    guard let starts = listed.0 ?? constant(node, 1)?.ints,
      let ends = listed.1 ?? constant(node, 2)?.ints, starts.count == ends.count
    else { throw node.refused("its starts and ends aren't constant lists of one length") }
    let axes = listed.2 ?? constant(node, 3)?.ints ?? starts.indices.map { Int64($0) }
    let steps = constant(node, 4)?.ints ?? starts.map { _ in 1 }
    guard axes.count == starts.count, steps.count == starts.count else {
      throw node.refused("its axes or steps aren't as many as its starts")
    }
    var flipped: Int64?
    for place in starts.indices {
      let index = Int(clamping: axes[place]) + (axes[place] < 0 ? extents.count : 0)
      guard extents.indices.contains(index) else { throw node.refused("axis \(axes[place])") }
      let extent = Int64(extents[index])
      let isWhole = steps[place] == 1 && starts[place] == 0 && ends[place] >= extent
      if isWhole { continue }
      guard flipped == nil, steps[place] == -1, starts[place] == -1 || starts[place] >= extent - 1,
        ends[place] < -extent
      else { throw node.refused("it takes a part of \(text(operand))") }
      flipped = axes[place]
    }
    guard let flipped else { return define(node, operand) }
    try flip(node, operand, axis: flipped, isFlip: true)
  }

  private mutating func flip(
    _ node: OnnxNode, _ operand: Operand, axis: Int64, isFlip: Bool
  ) throws(MobileNetError) {
    let place = Int(clamping: axis) + (axis < 0 ? operand.axes.count : 0)
    guard isFlip, operand.axes.indices.contains(place), operand.axes[place] == .channel,
      extent(.channel, of: operand) == 3
    else {
      throw node.refused(
        "it takes a part of \(text(operand)); supported is turning the input's three channels round"
      )
    }
    var operand = operand
    operand.isFlipped.toggle()
    define(node, operand)
  }
}

extension [Float] {
  /// A dense convolution's weights for its inputs in the opposite order.
  func reversingInputs(_ dimensions: [Int]) -> [Float] {
    let perInput = dimensions[2] * dimensions[3]
    let inputs = dimensions[1]
    return indices.map { place in
      let input = place / perInput % inputs
      return self[place + (inputs - 1 - 2 * input) * perInput]
    }
  }
}
