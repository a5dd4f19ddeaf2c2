import TestSupport
import Testing

/// Computes a TensorFlow Lite file plainly, one picture at a time, from nothing but its bytes: what each
/// operator is documented to do, in Double, rounded where a tensor has a scale.
struct TFLiteInterpreter {
  private let file: TFLiteFile
  private var values: [Int: [Double]] = [:]

  /// - Parameter input: the elements of the one input as the file stores them
  /// - Returns: of each output its numbers
  static func run(_ bytes: [UInt8], input: [Double]) throws -> [String: [Double]] {
    var interpreter = TFLiteInterpreter(file: try TFLiteFile(bytes))
    let file = interpreter.file
    let source = file.tensors[file.inputs[0]]
    try #require(input.count == source.dimensions.reduce(1, *))
    interpreter.values[file.inputs[0]] = interpreter.numbers(input, source)
    for (index, tensor) in file.tensors.enumerated() where tensor.data != nil {
      try #require(tensor.stored.count == tensor.dimensions.reduce(1, *), "\(tensor.name)")
      interpreter.values[index] = interpreter.numbers(tensor.stored, tensor)
    }
    for node in file.nodes { try interpreter.compute(node) }
    return Dictionary(
      uniqueKeysWithValues: file.outputs.map {
        (file.tensors[$0].name, interpreter.values[$0] ?? [])
      })
  }

  /// What stored integers stand for.
  private func numbers(_ stored: [Double], _ tensor: TFLiteFile.Tensor) -> [Double] {
    guard !tensor.scales.isEmpty else { return stored }
    let inner = tensor.dimensions.dropFirst(tensor.quantizedDimension + 1).reduce(1, *)
    return stored.enumerated().map { place, value in
      let index = place / inner % tensor.scales.count
      return (value - Double(tensor.zeros[index])) * Double(tensor.scales[index])
    }
  }

  /// What is stored for numbers of a tensor with one scale, or none.
  private func stored(_ numbers: [Double], _ tensor: TFLiteFile.Tensor) -> [Double] {
    guard let scale = tensor.scales.first, let zero = tensor.zeros.first else { return numbers }
    return numbers.map { ($0 / Double(scale)).rounded() + Double(zero) }
  }

  /// The same as the tensor can hold them.
  private func rounded(_ numbers: [Double], _ tensor: TFLiteFile.Tensor) -> [Double] {
    guard let scale = tensor.scales.first.map({ Double($0) }), let zero = tensor.zeros.first
    else { return numbers }
    let range = tensor.type == 9 ? -128.0...127.0 : 0.0...255.0
    return numbers.map { number in
      let stored = (number / scale).rounded(.toNearestOrEven) + Double(zero)
      return (min(max(stored, range.lowerBound), range.upperBound) - Double(zero)) * scale
    }
  }

  private func value(_ index: Int) throws -> (TFLiteFile.Tensor, [Double]) {
    (file.tensors[index], try #require(values[index], "\(file.tensors[index].name)"))
  }

  private mutating func compute(_ node: TFLiteFile.Node) throws {
    let inputs = try node.inputs.map { try value($0) }
    let output = file.tensors[node.outputs[0]]
    func option(_ field: Int) throws -> Int8 { try node.options?.number(field, Int8.self) ?? 0 }
    func pairs(_ combine: (Double, Double) -> Double) -> [Double] {
      let ((a, x), (b, y)) = (inputs[0], inputs[1])
      return (0..<output.dimensions.reduce(1, *)).map { place in
        combine(x[broadcast(place, output, a)], y[broadcast(place, output, b)])
      }
    }
    var result: [Double]
    switch node.code {
    case 0: result = clipped(pairs(+), try option(0))
    case 18: result = clipped(pairs(*), try option(0))
    case 41: result = pairs(-)
    case 55: result = pairs(max)
    case 57: result = pairs(min)
    case 2: result = concatenated(inputs)
    case 3: result = try convolved(node, inputs, output, fused: 3, isDepthwise: false)
    case 4: result = try convolved(node, inputs, output, fused: 4, isDepthwise: true)
    case 6, 114: result = inputs[0].1
    case 36: result = inputs[1].1.map { inputs[0].1[Int($0)] }
    case 53: result = stored(inputs[0].1, inputs[0].0)
    case 9:
      let (x, (weight, w)) = (inputs[0].1, inputs[1])
      result = (0..<weight.dimensions[0]).map { row in
        zip(w[row * x.count..<(row + 1) * x.count], x).reduce(inputs[2].1[row]) { $0 + $1.0 * $1.1 }
      }
    case 11:
      let length = inputs[0].1.reduce(0) { $0 + $1 * $1 }.squareRoot()
      result = inputs[0].1.map { $0 / max(length, 1e-6) }
    case 14: result = inputs[0].1.map { 1 / (1 + exponential(-$0)) }
    case 25:
      let most = inputs[0].1.max() ?? 0
      let powers = inputs[0].1.map { exponential($0 - most) }
      let sum = powers.reduce(0, +)
      result = powers.map { $0 / sum }
    case 34, 60: result = padded(inputs, output)
    case 40:
      let channels = output.dimensions[3]
      let places = inputs[0].1.count / channels
      result = (0..<channels).map { channel in
        (0..<places).reduce(0) { $0 + inputs[0].1[$1 * channels + channel] } / Double(places)
      }
    case 49:
      let count = node.outputs.count
      for (part, index) in node.outputs.enumerated() {
        values[index] = stride(from: part, to: inputs[1].1.count, by: count).map { inputs[1].1[$0] }
      }
      return
    case 82: result = [inputs[0].1.max() ?? 0]
    case 117: result = inputs[0].1.map { $0 * min(max($0 + 3, 0), 6) / 6 }
    default: throw FlatBufferDamage(description: "operator \(node.code) isn't known")
    }
    try #require(result.count == output.dimensions.reduce(1, *), "\(output.name)")
    values[node.outputs[0]] = rounded(result, output)
  }

  /// The place in a smaller tensor that serves a place of a larger one.
  private func broadcast(
    _ place: Int, _ large: TFLiteFile.Tensor, _ small: TFLiteFile.Tensor
  ) -> Int {
    var (rest, result, step) = (place, 0, 1)
    let missing = large.dimensions.count - small.dimensions.count
    for (axis, extent) in large.dimensions.enumerated().reversed() where axis >= missing {
      let own = small.dimensions[axis - missing]
      result += (own == 1 ? 0 : rest % extent) * step
      rest /= extent
      step *= own
    }
    return result
  }

  private func clipped(_ values: [Double], _ fused: Int8) -> [Double] {
    let (low, high) = [(-Double.infinity, Double.infinity), (0, .infinity), (-1, 1), (0, 6)][
      Int(fused)]
    return values.map { min(max($0, low), high) }
  }

  private func concatenated(_ inputs: [(TFLiteFile.Tensor, [Double])]) -> [Double] {
    let places = inputs[0].1.count / (inputs[0].0.dimensions.last ?? 1)
    return (0..<places).flatMap { place in
      inputs.flatMap { tensor, values in
        let channels = tensor.dimensions.last ?? 1
        return values[place * channels..<(place + 1) * channels]
      }
    }
  }

  private func padded(
    _ inputs: [(TFLiteFile.Tensor, [Double])], _ output: TFLiteFile.Tensor
  ) -> [Double] {
    let ((tensor, x), pads) = (inputs[0], inputs[1].0.stored.map { Int($0) })
    let (rows, columns, channels) = (
      tensor.dimensions[1], tensor.dimensions[2], tensor.dimensions[3]
    )
    let filling = inputs.count > 2 ? inputs[2].1[0] : 0
    return (0..<output.dimensions.reduce(1, *)).map { place in
      let row = place / channels / output.dimensions[2] - pads[2]
      let column = place / channels % output.dimensions[2] - pads[4]
      guard (0..<rows).contains(row), (0..<columns).contains(column) else { return filling }
      return x[(row * columns + column) * channels + place % channels]
    }
  }

  private func convolved(
    _ node: TFLiteFile.Node, _ inputs: [(TFLiteFile.Tensor, [Double])],
    _ output: TFLiteFile.Tensor, fused: Int, isDepthwise: Bool
  ) throws -> [Double] {
    let ((tensor, x), (weight, w)) = (inputs[0], inputs[1])
    let options = try #require(node.options)
    let step = Int(try options.number(1, Int32.self) ?? 0)
    let isPadded = try options.number(0, Int8.self) ?? 0 == 0
    let (rows, columns, depth) = (tensor.dimensions[1], tensor.dimensions[2], tensor.dimensions[3])
    let (kernelRows, kernelColumns) = (weight.dimensions[1], weight.dimensions[2])
    func before(_ inputs: Int, _ outputs: Int, _ kernel: Int) throws -> Int {
      // As many outputs as the format says there are.
      try #require(
        outputs == (isPadded ? (inputs + step - 1) / step : (inputs - kernel) / step + 1))
      return isPadded ? max((outputs - 1) * step + kernel - inputs, 0) / 2 : 0
    }
    let top = try before(rows, output.dimensions[1], kernelRows)
    let left = try before(columns, output.dimensions[2], kernelColumns)
    let channels = output.dimensions[3]
    var result: [Double] = []
    for place in 0..<output.dimensions[1] * output.dimensions[2] {
      for channel in 0..<channels {
        var sum = inputs[2].1[channel]
        for tap in 0..<kernelRows * kernelColumns {
          let row = place / output.dimensions[2] * step + tap / kernelColumns - top
          let column = place % output.dimensions[2] * step + tap % kernelColumns - left
          guard (0..<rows).contains(row), (0..<columns).contains(column) else { continue }
          let pixel = (row * columns + column) * depth
          if isDepthwise {
            sum += w[tap * channels + channel] * x[pixel + channel]
          } else {
            let first = (channel * kernelRows * kernelColumns + tap) * depth
            for input in 0..<depth { sum += w[first + input] * x[pixel + input] }
          }
        }
        result.append(sum)
      }
    }
    return clipped(result, try options.number(fused, Int8.self) ?? 0)
  }

  /// e^x.
  private func exponential(_ x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for n in 1...12 {
      term *= x / 1024 / Double(n)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}
