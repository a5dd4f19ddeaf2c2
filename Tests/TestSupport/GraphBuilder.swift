import Digest
import ONNX

/// Puts ONNX graphs together, with random weights; the same seed gives the same graph.
public struct GraphBuilder {
  public var random: SplitMix64
  public private(set) var nodes: [OnnxNode] = []
  public private(set) var initializers: [OnnxTensor] = []

  public init(random: SplitMix64) { self.random = random }

  /// A constant of numbers from −√3 to √3 deviations around a mean, evenly spread.
  public mutating func constant(
    _ dimensions: [Int], deviation: Double, mean: Double = 0
  ) -> String {
    let values = (0..<dimensions.reduce(1, *)).map { _ in
      Float(mean + (random.unit() * 2 - 1) * deviation * 1.7320508075688772)
    }
    return tensor(dimensions, .float32(values))
  }

  /// A single number.
  public mutating func number(_ value: Float) -> String { tensor([], .float32([value])) }

  /// A list of integers.
  public mutating func list(_ values: [Int64]) -> String { tensor([values.count], .int64(values)) }

  public mutating func tensor(
    _ dimensions: [Int], _ elements: OnnxTensor.Elements, name: String? = nil
  ) -> String {
    let name = name ?? "constant_\(initializers.count)"
    initializers.append(OnnxTensor(name: name, dimensions: dimensions, elements: elements))
    return name
  }

  /// A node named after its operator and place; returns its output.
  public mutating func node(
    _ opType: String, _ inputs: [String], _ attributes: [OnnxAttribute] = []
  ) -> String {
    let name = "\(opType.lowercased())_\(nodes.count)"
    nodes.append(
      OnnxNode(
        name: name, opType: opType, inputs: inputs, outputs: [name + "_out"],
        attributes: attributes))
    return name + "_out"
  }

  /// A model of one input and one output.
  public func model(
    input: [OnnxValueInfo.Dimension], output: String, metadata: [OnnxMetadata] = []
  ) -> OnnxModel {
    OnnxModel(
      metadata: metadata, nodes: nodes, initializers: initializers,
      inputs: [OnnxValueInfo(name: "input", elementType: .float32, dimensions: input)],
      outputs: [OnnxValueInfo(name: output, elementType: .float32, dimensions: nil)])
  }
}
