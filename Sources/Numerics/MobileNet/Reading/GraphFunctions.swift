import Kernels
import ONNX

// The operators that treat every number alone.
extension GraphReader {
  /// An input with a function applied; where the functions before it leave no room, those become
  /// steps first.
  mutating func applied(
    _ node: OnnxNode, input: Int = 0, _ change: (ScalarFunction) -> ScalarFunction?
  ) throws(MobileNetError) -> Operand {
    var operand = try flippable(node, input)
    if let function = change(operand.function) {
      operand.function = function
    } else {
      operand.tensor = tensor(operand, for: node.title)
      guard let function = change(ScalarFunction()) else {
        throw node.refused("its constant is 0 or not finite")
      }
      operand.function = function
    }
    return operand
  }

  mutating func readRelu(_ node: OnnxNode) throws(MobileNetError) {
    define(node, try applied(node) { $0.clipped(low: 0, high: .infinity) })
  }

  mutating func readClip(_ node: OnnxNode) throws(MobileNetError) {
    let bounds = try node.clipBounds { (place) throws(MobileNetError) -> Float? in
      guard place < node.inputs.count, !node.inputs[place].isEmpty else { return nil }
      guard let bound = constant(node, place)?.floats, bound.count == 1 else {
        throw node.refused("bound '\(node.inputs[place])' isn't a constant number")
      }
      return bound[0]
    }
    let (low, high) = (Double(bounds.low), Double(bounds.high))
    define(node, try applied(node) { $0.clipped(low: low, high: high) })
  }

  mutating func readHardSigmoid(_ node: OnnxNode) throws(MobileNetError) {
    let (alpha, beta) = try node.checked { node throws(OnnxError) in
      (Double(try node.float("alpha") ?? 0.2), Double(try node.float("beta") ?? 0.5))
    }
    define(
      node,
      try applied(node) { $0.scaled(by: alpha)?.shifted(by: beta)?.clipped(low: 0, high: 1) })
  }

  mutating func readHardSwish(_ node: OnnxNode) throws(MobileNetError) {
    var operand = try operand(node, 0)
    operand.tensor = tensor(operand, for: node.title)
    operand.function = .hardSwish
    define(node, operand)
  }

  mutating func readSigmoid(_ node: OnnxNode) throws(MobileNetError) {
    var operand = try operand(node, 0)
    operand.tensor = tensor(operand, for: node.title)
    operand.function = .logistic
    define(node, operand)
  }

  mutating func readArithmetic(_ node: OnnxNode) throws(MobileNetError) {
    if node.inputs.count == 1, node.opType == "Min" || node.opType == "Max" {
      return define(node, try operand(node, 0))
    }
    guard node.inputs.count == 2 else { throw node.refused("two inputs are expected") }
    if let number = constant(node, 1) { return try read(node, 0, with: number, isFirst: false) }
    if let number = constant(node, 0) { return try read(node, 1, with: number, isFirst: true) }
    let (a, b) = (try operand(node, 0), try operand(node, 1))
    switch node.opType {
    case "Add": try combine(node, .add, a, b)
    case "Mul":
      // x · f(x) is one function, as it is in HardSwish.
      for (x, other) in [(a, b), (b, a)]
      where x.tensor == other.tensor && x.axes == other.axes && x.function.isIdentity {
        if let product = other.function.product {
          var result = x
          result.function = product
          return define(node, result)
        }
      }
      try combine(node, .multiply, a, b)
    default: throw node.refused("one of its inputs has to be a constant")
    }
  }

  /// An operand and a constant.
  private mutating func read(
    _ node: OnnxNode, _ place: Int, with constant: Constant, isFirst: Bool
  ) throws(MobileNetError) {
    let operand = try flippable(node, place)
    var numbers = try spread(constant, node, over: operand)
    if operand.isFlipped { numbers.reverse() }
    guard let first = numbers.first, numbers.allSatisfy({ $0 == first }) else {
      let map = try ChannelMap(node, numbers, isFirst: isFirst)
      return apply(node, map, to: widened(operand, to: constant))
    }
    if node.opType == "Div", isFirst { throw node.refused("it divides by what isn't constant") }
    let result = try applied(node, input: place) { function in
      switch node.opType {
      case "Add": return function.shifted(by: first)
      case "Sub":
        return isFirst
          ? function.scaled(by: -1)?.shifted(by: first) : function.shifted(by: -first)
      case "Mul": return function.scaled(by: first)
      case "Div": return function.scaled(by: 1 / first)
      case "Min": return function.clipped(low: -.infinity, high: first)
      default: return function.clipped(low: first, high: .infinity)
      }
    }
    define(node, widened(result, to: constant))
  }

  /// One number of a constant for each channel, or one for all.
  private func spread(
    _ constant: Constant, _ node: OnnxNode, over operand: Operand
  ) throws(MobileNetError) -> [Double] {
    let numbers = constant.doubles
    let isBound = node.opType == "Min" || node.opType == "Max"
    guard numbers.allSatisfy({ $0.isFinite || isBound && !$0.isNaN }) else {
      throw node.refused("its constant isn't finite")
    }
    if numbers.count == 1 { return numbers }
    // Dimensions are compared from the last one on.
    let channel = zip(constant.dimensions.reversed(), operand.axes.reversed())
      .filter { $0.0 != 1 }
    guard channel.count == 1, channel[0].1 == .channel, numbers.count == channel[0].0,
      numbers.count == draft.tensors[operand.tensor].channels
    else {
      throw node.refused(
        "a constant of shape \(constant.dimensions) on \(text(operand)); one number is supported, "
          + "or one for each channel")
    }
    return numbers
  }

  /// A constant of more dimensions puts dimensions of 1 before the others.
  private func widened(_ operand: Operand, to constant: Constant) -> Operand {
    var operand = operand
    let missing = constant.dimensions.count - operand.axes.count
    if missing > 0 {
      operand.axes.insert(contentsOf: Array(repeating: .one, count: missing), at: 0)
    }
    return operand
  }

  mutating func apply(_ node: OnnxNode, _ map: ChannelMap, to operand: Operand) {
    let tensor = tensor(operand, for: node.title)
    let output = draft.append(
      node.title, .map(map), reading: [tensor], giving: draft.tensors[tensor])
    define(node, Operand(tensor: output, axes: operand.axes, isFlipped: operand.isFlipped))
  }

  /// A sum or product of two tensors, of which one may be a single pixel that holds for all.
  private mutating func combine(
    _ node: OnnxNode, _ operation: KernelTable.Binary, _ a: Operand, _ b: Operand
  ) throws(MobileNetError) {
    let refusal = node.refused("shapes \(text(a)) and \(text(b)) don't fit")
    let rank = max(a.axes.count, b.axes.count)
    func aligned(_ operand: Operand) -> [Axis] {
      Array(repeating: .one, count: rank - operand.axes.count) + operand.axes
    }
    var axes: [Axis] = []
    for (x, y) in zip(aligned(a), aligned(b)) {
      let (isXOne, isYOne) = (extent(x, of: a) == 1, extent(y, of: b) == 1)
      guard x == y || isXOne || isYOne else { throw refusal }
      axes.append(isXOne ? y : x)
    }
    // What both spread in different dimensions would be a third shape.
    guard Set(axes.filter { $0 != .one }).count == axes.filter({ $0 != .one }).count else {
      throw refusal
    }
    var inputs = [tensor(a, for: node.title), tensor(b, for: node.title)]
    var shapes = inputs.map { draft.tensors[$0] }
    if shapes[0].height == 1, shapes[0].width == 1 {
      inputs.swapAt(0, 1)
      shapes.swapAt(0, 1)
    }
    let isBroadcast = shapes[1].height == 1 && shapes[1].width == 1
    guard shapes[0] == shapes[1] || isBroadcast && shapes[0].channels == shapes[1].channels else {
      throw refusal
    }
    append(node, .combine(operation), reading: inputs, giving: shapes[0], axes: axes)
  }
}

extension ScalarFunction {
  /// x · clip(x / 6 + 1/2, 0, 1)
  static let hardSwish = ScalarFunction(
    scale: 1.0 / 6, shift: 0.5, low: 0, high: 1, timesInput: true)

  /// 1 / (1 + e^−x)
  static let logistic = ScalarFunction(isLogistic: true)
}

extension ChannelMap {
  /// What a node does with a number for each channel.
  fileprivate init(
    _ node: OnnxNode, _ numbers: [Double], isFirst: Bool
  ) throws(MobileNetError) {
    let (ones, zeros) = (numbers.map { _ in 1.0 }, numbers.map { _ in 0.0 })
    switch node.opType {
    case "Add": self.init(factors: ones, terms: numbers)
    case "Sub" where isFirst: self.init(factors: ones.map(-), terms: numbers)
    case "Sub": self.init(factors: ones, terms: numbers.map(-))
    case "Mul": self.init(factors: numbers, terms: zeros)
    case "Div" where !isFirst: self.init(factors: numbers.map { 1 / $0 }, terms: zeros)
    default: throw node.refused("with a number for each channel it isn't supported")
    }
  }
}
