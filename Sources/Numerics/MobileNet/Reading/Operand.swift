/// What a dimension of a value of the graph is.
enum Axis: Hashable, Sendable {
  case sample
  case height
  case width
  case channel
  /// A dimension of 1 that stands for nothing.
  case one
}

/// Columns and rows of zeros around an image that a Pad added.
struct Padding: Hashable, Sendable {
  var top = 0
  var left = 0
  var bottom = 0
  var right = 0
}

/// A value of the graph that depends on the image: a tensor, the order in which the graph sees its
/// dimensions, and what is still to be done to it. Transposing and reshaping thus cost nothing, and
/// neighbouring nodes that make up one function meet.
struct Operand: Hashable, Sendable {
  var tensor: TensorIndex
  /// Every extent but 1 appears once.
  var axes: [Axis]
  /// Applied to every number of the tensor.
  var function = ScalarFunction()
  /// Whether the graph sees the three channels of the input from blue to red.
  var isFlipped = false
  /// Laid around the function's values.
  var padding = Padding()
  /// The node that made an ending of it, such as a Softmax: only the graph's output may read it.
  var ending: String?
}

/// f(x) = clip(scale · x + shift, low, high), or the logistic function alone, or x times either: what
/// chains of Add, Sub, Mul, Div, Min, Max, Clip, Relu and Sigmoid with single numbers make.
struct ScalarFunction: Hashable, Sendable {
  var scale = 1.0
  var shift = 0.0
  var low = -Double.infinity
  var high = Double.infinity
  /// 1 / (1 + e^−x) instead of the linear function and its bounds.
  var isLogistic = false
  var timesInput = false

  var isIdentity: Bool { self == ScalarFunction() }
  var isLinear: Bool { low == -.infinity && high == .infinity && !timesInput && !isLogistic }

  /// factor · f; nil for a factor of 0 or beyond all numbers.
  func scaled(by factor: Double) -> ScalarFunction? {
    guard factor != 0, factor.isFinite, !isLogistic else { return nil }
    var result = self
    (result.scale, result.shift) = (factor * scale, factor * shift)
    (result.low, result.high) =
      factor > 0 ? (factor * low, factor * high) : (factor * high, factor * low)
    return result
  }

  /// f + term; nil where that has another form.
  func shifted(by term: Double) -> ScalarFunction? {
    guard !timesInput, !isLogistic, term.isFinite else { return nil }
    var result = self
    (result.shift, result.low, result.high) = (shift + term, low + term, high + term)
    return result
  }

  /// f within bounds; nil where that has another form.
  func clipped(low: Double, high: Double) -> ScalarFunction? {
    guard !timesInput, !isLogistic else { return nil }
    var result = self
    (result.low, result.high) = (
      min(max(self.low, low), high), min(max(self.high, low), high)
    )
    return result
  }

  /// x · f; nil where that has another form.
  var product: ScalarFunction? {
    guard !timesInput, !isIdentity else { return nil }
    var result = self
    result.timesInput = true
    return result
  }
}
