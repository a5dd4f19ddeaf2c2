import Kernels

extension Network {
  /// The 1x1 convolutions that int8 kernels compute together with the depthwise layers after them.
  func expansions(_ quantization: Quantization, kernels: KernelTable) -> Set<Int> {
    let readers = readerCounts
    // Both have to run in turn, tile by tile: MobileNetV1's groups end between them.
    let followed = Set(Grouping(self).groups.flatMap { $0.layers.dropLast() })
    return Set(
      layers.indices.dropLast().filter { index in
        let (first, second) = (layers[index], layers[index + 1])
        guard case .convolution(let dense) = first.operation,
          case .depthwise(let depthwise) = second.operation
        else { return false }
        return followed.contains(index) && first.inputs[0] != 0 && first.residual == nil
          && first.sum == nil
          && second.inputs[0] == first.output
          && readers[first.output] == 1
          && (dense.kernelHeight, dense.kernelWidth, dense.stride) == (1, 1, 1)
          && dense.padTop == 0 && dense.padLeft == 0
          && tensors[first.inputs[0]].height == tensors[first.output].height
          && tensors[first.inputs[0]].width == tensors[first.output].width
          && (depthwise.kernelHeight, depthwise.kernelWidth) == (3, 3)
          && depthwise.isPaddedByLessThanItsKernel(tensors[first.output], tensors[second.output])
          // The kernels pad with 0.
          && quantization.tensors[first.output]?.zero == 0
          && kernels.fusesExpansionInt8(
            inputWidth: tensors[first.output].width, width: tensors[second.output].width,
            stride: depthwise.stride)
      })
  }
}
