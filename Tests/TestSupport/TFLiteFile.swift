/// A TensorFlow Lite file as a runtime reads it: by the public schema's numbers, and without any code of
/// the module that writes it.
public struct TFLiteFile {
  public struct Tensor {
    public var name: String
    public var dimensions: [Int]
    /// With −1 for any number; empty for constants.
    public var signature: [Int32]
    /// 0 float32, 2 int32, 3 uint8, 9 int8.
    public var type: Int8
    /// Of a constant.
    public var data: [UInt8]?
    public var scales: [Float]
    public var zeros: [Int64]
    public var quantizedDimension: Int

    /// Of each element of a constant, as the file has it.
    public var stored: [Double] {
      let data = data ?? []
      func words() -> [UInt32] {
        stride(from: 0, to: data.count, by: 4).map { place in
          (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(data[place + $1]) }
        }
      }
      return switch type {
      case 0: words().map { Double(Float(bitPattern: $0)) }
      case 2: words().map { Double(Int32(bitPattern: $0)) }
      case 3: data.map { Double($0) }
      default: data.map { Double(Int8(bitPattern: $0)) }
      }
    }
  }

  public struct Node {
    public var code: Int32
    public var version: Int32
    public var inputs: [Int]
    public var outputs: [Int]
    public var options: FlatBufferReader?
  }

  public private(set) var tensors: [Tensor] = []
  public private(set) var nodes: [Node] = []
  public let inputs: [Int]
  public let outputs: [Int]
  public private(set) var metadata: [String: String] = [:]
  /// By which callers name inputs and outputs, with their tensors.
  public private(set) var signature: [String: Int] = [:]

  public init(_ bytes: [UInt8]) throws {
    func present<Value>(_ value: Value?, _ what: String) throws -> Value {
      guard let value else { throw FlatBufferDamage(description: "\(what) is absent") }
      return value
    }
    let model = try FlatBufferReader(bytes, identifier: "TFL3")
    guard try model.number(0, UInt32.self) == 3 else {
      throw FlatBufferDamage(description: "it is of another version")
    }
    let buffers = try present(model.tables(4), "the list of buffers")
    func data(_ index: UInt32) throws -> [UInt8]? {
      guard buffers.indices.contains(Int(index)) else {
        throw FlatBufferDamage(description: "there is no buffer \(index)")
      }
      guard let (data, place) = try buffers[Int(index)].data(0) else { return nil }
      guard place % 16 == 0 else {
        throw FlatBufferDamage(description: "buffer \(index) begins at \(place)")
      }
      return data
    }
    let graph = try present(model.tables(2)?.first, "the graph")
    for table in try graph.tables(0) ?? [] {
      let parameters = try table.table(4)
      tensors.append(
        Tensor(
          name: try table.text(3) ?? "",
          dimensions: try table.numbers(0, Int32.self)?.map { Int($0) } ?? [],
          signature: try table.numbers(7, Int32.self) ?? [],
          type: try table.number(1, Int8.self) ?? 0,
          data: try data(try table.number(2, UInt32.self) ?? 0),
          scales: try parameters?.numbers(2, UInt32.self)?.map { Float(bitPattern: $0) } ?? [],
          zeros: try parameters?.numbers(3, Int64.self) ?? [],
          quantizedDimension: Int(try parameters?.number(6, Int32.self) ?? 0)))
    }
    let codes = try present(model.tables(1), "the list of operators")
    for table in try graph.tables(3) ?? [] {
      let code = codes[Int(try table.number(0, UInt32.self) ?? 0)]
      nodes.append(
        Node(
          code: try present(code.number(3, Int32.self), "an operator's number"),
          version: try code.number(2, Int32.self) ?? 1,
          inputs: try table.numbers(1, Int32.self)?.map { Int($0) } ?? [],
          outputs: try table.numbers(2, Int32.self)?.map { Int($0) } ?? [],
          options: try table.table(4)))
    }
    inputs = try graph.numbers(1, Int32.self)?.map { Int($0) } ?? []
    outputs = try graph.numbers(2, Int32.self)?.map { Int($0) } ?? []
    for table in try model.tables(6) ?? [] {
      let text = try data(try table.number(1, UInt32.self) ?? 0) ?? []
      metadata[try present(table.text(0), "a name")] = String(decoding: text, as: UTF8.self)
    }
    for entry in try model.tables(7) ?? [] {
      for table in try (entry.tables(0) ?? []) + (entry.tables(1) ?? []) {
        signature[try present(table.text(0), "a name")] = Int(try table.number(1, UInt32.self) ?? 0)
      }
    }
  }
}
