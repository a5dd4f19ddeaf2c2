import ONNX

/// How the kernel of a convolution or an average pool moves over its input, as ONNX attributes say
/// it.
struct Window {
  /// The largest kernel, in pixels each way.
  static let kernelMax = 7

  var groups: Int
  var stride: Int
  var padTop: Int
  var padLeft: Int
  /// Rows and columns that the node itself adds on all sides.
  var padCount: Int
  var outputHeight: Int
  var outputWidth: Int
  /// Input rows and columns at the end that no position of the kernel reaches.
  var remainder: (rows: Int, columns: Int)

  /// - Parameters:
  ///   - kernel: rows and columns
  ///   - padding: what a Pad before it added
  init(
    _ node: OnnxNode, kernel: [Int], input: Shape, padding: Padding
  ) throws(MobileNetError) {
    let (height, width) = (
      input.height + padding.top + padding.bottom, input.width + padding.left + padding.right
    )
    let (strides, dilations, groups) = try node.checked { node throws(OnnxError) in
      (
        try node.ints("strides") ?? [1, 1], try node.ints("dilations") ?? [1, 1],
        try node.int("group") ?? 1
      )
    }
    guard strides.count == 2, strides[0] == strides[1], (1...8).contains(strides[0]) else {
      throw node.refused("strides \(strides); the same from 1 to 8 both ways is supported")
    }
    guard dilations == [1, 1] else { throw node.refused("dilations \(dilations); 1 is supported") }
    guard kernel.count == 2, kernel.allSatisfy({ (1...Self.kernelMax).contains($0) }) else {
      throw node.refused(
        "a kernel of \(kernel); up to \(Self.kernelMax)x\(Self.kernelMax) is supported")
    }
    guard (1...(1 << 20)).contains(groups) else { throw node.refused("\(groups) groups") }
    self.groups = Int(groups)
    stride = Int(strides[0])
    let own = try Padding(node, kernel: kernel, strides: [stride, stride], height, width)
    padCount = own.top + own.bottom + own.left + own.right
    (padTop, padLeft) = (own.top + padding.top, own.left + padding.left)
    guard
      max(padTop, padLeft, own.bottom + padding.bottom, own.right + padding.right)
        < Self.kernelMax
    else { throw node.refused("with the Pad before it, pads of \(Self.kernelMax) or more") }
    let rows = height + own.top + own.bottom - kernel[0]
    let columns = width + own.left + own.right - kernel[1]
    guard rows >= 0, columns >= 0 else {
      throw node.refused("its kernel is larger than its input \(input.text)")
    }
    (outputHeight, outputWidth) = (rows / stride + 1, columns / stride + 1)
    remainder = (rows % stride, columns % stride)
  }
}

extension Padding {
  /// What the attributes `auto_pad` and `pads` add.
  init(
    _ node: OnnxNode, kernel: [Int], strides: [Int], _ height: Int, _ width: Int
  ) throws(MobileNetError) {
    let (pads, automatic) = try node.checked { node throws(OnnxError) in
      (try node.ints("pads") ?? [0, 0, 0, 0], try node.string("auto_pad") ?? "NOTSET")
    }
    switch automatic {
    case "NOTSET":
      guard pads.count == 4, pads.allSatisfy({ (0..<Int64(Window.kernelMax)).contains($0) }) else {
        throw node.refused("pads \(pads)")
      }
      self.init(
        top: Int(pads[0]), left: Int(pads[1]), bottom: Int(pads[2]), right: Int(pads[3]))
    case "VALID": self.init()
    case "SAME_UPPER", "SAME_LOWER":
      let vertical = Self.same(height, kernel[0], strides[0])
      let horizontal = Self.same(width, kernel[1], strides[1])
      let smaller = (vertical / 2, horizontal / 2)
      let larger = (vertical - vertical / 2, horizontal - horizontal / 2)
      let (before, after) = automatic == "SAME_UPPER" ? (smaller, larger) : (larger, smaller)
      self.init(top: before.0, left: before.1, bottom: after.0, right: after.1)
    default: throw node.refused("auto_pad '\(automatic)'")
    }
  }

  /// The padding that makes the output ⌈input / stride⌉ long.
  private static func same(_ input: Int, _ kernel: Int, _ stride: Int) -> Int {
    max(((input + stride - 1) / stride - 1) * stride + kernel - input, 0)
  }
}
