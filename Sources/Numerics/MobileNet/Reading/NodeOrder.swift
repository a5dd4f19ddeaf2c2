import ONNX

extension OnnxModel {
  /// The nodes that a value depends on, each after those whose outputs it reads, whatever order the
  /// file has them in.
  ///
  /// - Throws: a ring of nodes, or a value that two nodes give
  func nodes(giving value: String) throws(MobileNetError) -> [OnnxNode] {
    var makers: [String: Int] = [:]
    for (place, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty {
        guard makers.updateValue(place, forKey: output) == nil else {
          throw node.refused("another node gives '\(output)' as well")
        }
      }
    }
    var visits = [Visit](repeating: .none, count: nodes.count)
    var ordered: [OnnxNode] = []
    // Depth first, with a stack of its own: a file's graph may be as deep as it likes.
    var stack = makers[value].map { [$0] } ?? []
    while let place = stack.last {
      if visits[place] == .none {
        visits[place] = .begun
        for input in nodes[place].inputs.reversed() {
          guard let maker = makers[input], visits[maker] != .done else { continue }
          guard visits[maker] == .none else {
            throw nodes[place].refused("it depends on itself")
          }
          stack.append(maker)
        }
      } else {
        stack.removeLast()
        if visits[place] == .begun { ordered.append(nodes[place]) }
        visits[place] = .done
      }
    }
    return ordered
  }

  private enum Visit {
    case none
    case begun
    case done
  }
}
