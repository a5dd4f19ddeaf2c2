import Kernels

extension Network {
  /// Checks what the plan relies on: every layer reads what an earlier one gave, and shapes fit.
  func checkGeometry() throws(MobileNetError) {
    guard let first = tensors.first, first.channels == 3, !layers.isEmpty else {
      throw .object(reason: "it has no input or no layers")
    }
    var defined: Set<TensorIndex> = [0]
    for layer in layers {
      let mentioned = layer.reads + [layer.output] + (layer.sum.map { [$0] } ?? [])
      guard mentioned.allSatisfy({ $0 < tensors.count }), defined.isSuperset(of: layer.reads),
        defined.insert(layer.output).inserted
      else { throw .object(reason: "layer '\(layer.name)' reads or writes a wrong tensor") }
      let (x, y) = (tensors[layer.inputs[0]], tensors[layer.output])
      let fits: Bool
      switch layer.operation {
      case .convolution(let c):
        fits = c.inputs == x.channels && c.outputs == y.channels && c.fits(x, y)
      case .depthwise(let c):
        fits =
          c.inputs == x.channels && c.outputs == y.channels && layer.inputs[0] != 0
          && layer.residual == nil && c.fits(x, y)
      case .averagePool:
        fits =
          y == Shape(height: 1, width: 1, channels: x.channels) && layer.inputs[0] != 0
          && layer.residual == nil
      case .concatenate:
        let parts = layer.inputs.map { tensors[$0] }
        fits =
          parts.allSatisfy { $0.height == y.height && $0.width == y.width }
          && parts.reduce(0) { $0 + $1.channels } == y.channels
          && !layer.inputs.contains(0) && layer.residual == nil
      case .combine:
        let other = tensors[layer.inputs[1]]
        fits =
          x == y && (other == x || other == Shape(height: 1, width: 1, channels: x.channels))
          && !layer.inputs.contains(0) && layer.residual == nil
      }
      let others = [layer.residual, layer.sum].compactMap { $0 }
      guard fits, others.allSatisfy({ tensors[$0] == y && $0 != 0 }) else {
        throw .object(reason: "the shapes of layer '\(layer.name)' don't fit")
      }
    }
  }
}

extension Convolution {
  /// Whether the kernel, moved over the input with as much padding as is read, gives the output.
  fileprivate func fits(_ x: Shape, _ y: Shape) -> Bool {
    let (down, right) = (rowsBelow(x, y), columnsToTheRight(x, y))
    return [padTop, padLeft, down, right].allSatisfy { $0 < Window.kernelMax }
      && down > -stride && right > -stride
  }

  /// Whether all places of the kernel meet the input somewhere.
  func isPaddedByLessThanItsKernel(_ x: Shape, _ y: Shape) -> Bool {
    padTop < kernelHeight && padLeft < kernelWidth && rowsBelow(x, y) < kernelHeight
      && columnsToTheRight(x, y) < kernelWidth
  }

  /// The rows of padding below an input; negative where rows of it are left over.
  private func rowsBelow(_ x: Shape, _ y: Shape) -> Int {
    reach(y.height, kernel: kernelHeight) - padTop - x.height
  }

  private func columnsToTheRight(_ x: Shape, _ y: Shape) -> Int {
    reach(y.width, kernel: kernelWidth) - padLeft - x.width
  }
}
