import ONNX

/// How a convolution's kernel moves over its input, as ONNX attributes say it.
struct Window {
  /// The largest kernel, in pixels each way.
  static let kernelMax = 7

  var groups: Int
  var stride: Int
  var padTop: Int
  var padLeft: Int
  var outputHeight: Int
  var outputWidth: Int

  /// - Parameter padding: what a Pad before it added
  init(
    _ node: OnnxNode, kernel: [Int], input: Shape, padding: Padding
  ) throws(MobileNetError) {
    let input = Shape(
      height: input.height + padding.top + padding.bottom,
      width: input.width + padding.left + padding.right, channels: input.channels)
    let (strides, dilations, pads, automatic, groups) =
      try node.checked { node throws(OnnxError) in
        (
          try node.ints("strides") ?? [1, 1], try node.ints("dilations") ?? [1, 1],
          try node.ints("pads") ?? [0, 0, 0, 0], try node.string("auto_pad") ?? "NOTSET",
          try node.int("group") ?? 1
        )
      }
    guard strides.count == 2, strides[0] == strides[1], (1...8).contains(strides[0]) else {
      throw node.refused("strides \(strides); the same from 1 to 8 both ways is supported")
    }
    guard dilations == [1, 1] else { throw node.refused("dilations \(dilations); 1 is supported") }
    guard (1...Self.kernelMax).contains(kernel[2]), (1...Self.kernelMax).contains(kernel[3]) else {
      throw node.refused(
        "a kernel of \(kernel[2])x\(kernel[3]); up to \(Self.kernelMax)x\(Self.kernelMax) is "
          + "supported")
    }
    guard (1...(1 << 20)).contains(groups) else { throw node.refused("\(groups) groups") }
    self.groups = Int(groups)
    stride = Int(strides[0])
    let before: (Int, Int)
    let after: (Int, Int)
    switch automatic {
    case "NOTSET":
      guard pads.count == 4, pads.allSatisfy({ (0..<Int64(Self.kernelMax)).contains($0) }) else {
        throw node.refused("pads \(pads)")
      }
      before = (Int(pads[0]), Int(pads[1]))
      after = (Int(pads[2]), Int(pads[3]))
    case "VALID": (before, after) = ((0, 0), (0, 0))
    case "SAME_UPPER", "SAME_LOWER":
      let vertical = Self.same(input.height, kernel[2], stride)
      let horizontal = Self.same(input.width, kernel[3], stride)
      let isUpper = automatic == "SAME_UPPER"
      let smaller = (vertical / 2, horizontal / 2)
      let larger = (vertical - vertical / 2, horizontal - horizontal / 2)
      (before, after) = isUpper ? (smaller, larger) : (larger, smaller)
    default: throw node.refused("auto_pad '\(automatic)'")
    }
    (padTop, padLeft) = (before.0 + padding.top, before.1 + padding.left)
    guard max(padTop, padLeft, after.0 + padding.bottom, after.1 + padding.right) < Self.kernelMax
    else { throw node.refused("with the Pad before it, pads of \(Self.kernelMax) or more") }
    outputHeight = (input.height + before.0 + after.0 - kernel[2]) / stride + 1
    outputWidth = (input.width + before.1 + after.1 - kernel[3]) / stride + 1
    guard input.height + before.0 + after.0 >= kernel[2],
      input.width + before.1 + after.1 >= kernel[3]
    else { throw node.refused("its kernel is larger than its input \(input.text)") }
  }

  /// The padding that makes the output ⌈input / stride⌉ long.
  private static func same(_ input: Int, _ kernel: Int, _ stride: Int) -> Int {
    max(((input + stride - 1) / stride - 1) * stride + kernel - input, 0)
  }
}
