import ONNX

extension GraphReader {
  /// Tensors whose channels are put one after the other.
  mutating func readConcatenation(_ node: OnnxNode) throws(MobileNetError) {
    var operands: [Operand] = []
    for place in node.inputs.indices { operands.append(try operand(node, place)) }
    guard let first = operands.first else { throw node.refused("it has no inputs") }
    let axis = try node.checked { node throws(OnnxError) in try node.int("axis") ?? 1 }
    let place = Int(clamping: axis) + (axis < 0 ? first.axes.count : 0)
    guard first.axes.indices.contains(place), first.axes[place] == .channel,
      operands.allSatisfy({ $0.axes == first.axes })
    else { throw node.refused("it puts together other things than channels") }
    let tensors = operands.map { tensor($0, for: node.title) }
    var shape = draft.tensors[tensors[0]]
    guard
      tensors.allSatisfy({
        draft.tensors[$0].height == shape.height && draft.tensors[$0].width == shape.width
          && $0 != 0
      })
    else { throw node.refused("its inputs differ in height or width") }
    shape.channels = tensors.reduce(0) { $0 + draft.tensors[$1].channels }
    if tensors.count == 1 { return define(node, operands[0]) }
    append(node, .concatenate, reading: tensors, giving: shape, axes: first.axes)
  }
}
