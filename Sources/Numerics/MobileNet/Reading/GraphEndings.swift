import ONNX

// What exporters append behind a classifier, so that people see probabilities, the first classes or
// vectors of length 1. The head that is trained takes its place, so it is left out.
extension GraphReader {
  mutating func readEnding(_ node: OnnxNode) throws(MobileNetError) {
    var operand = try operand(node, 0)
    operand.ending = node.label
    for output in node.outputs { define(output, operand) }
  }

  /// Whether a node only carries on what an ending gives: then its outputs stand for the same.
  mutating func passesEnding(_ node: OnnxNode) -> Bool {
    guard Self.followers.contains(node.opType) else { return false }
    var operands: [Operand] = []
    for index in node.inputs.indices {
      if case .operand(let operand)? = value(node, index) { operands.append(operand) }
    }
    // A division of a vector by its own length is the one with two operands.
    guard let ended = operands.first(where: { $0.ending != nil }), ended.padding == Padding(),
      operands.allSatisfy({ $0.tensor == ended.tensor && $0.function == ended.function })
    else { return false }
    for output in node.outputs { define(output, ended) }
    return true
  }

  func endingRefusal(_ node: OnnxNode, _ operand: Operand) -> MobileNetError {
    node.refused("it reads what \(operand.ending ?? "") gives, which should end the graph")
  }

  private static let followers: Set<String> = [
    "ArgMax", "Cast", "CastLike", "Clip", "Div", "Expand", "Flatten", "Identity", "Max", "Reshape",
    "Softmax", "Squeeze", "TopK", "Unsqueeze",
  ]
}
