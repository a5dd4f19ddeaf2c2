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
