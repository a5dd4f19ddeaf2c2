import ONNX

extension GraphReader {
  /// Defines what a node's output stands for.
  typealias Reading = @Sendable (inout GraphReader, OnnxNode) throws(MobileNetError) -> Void

  /// The operators that are read on what depends on the image; `ConstantOperators` has those on
  /// constants. A new one is its line here and its function.
  static let operators: [String: Reading] = [
    "Add": { (reader, node) throws(MobileNetError) in try reader.readArithmetic(node) },
    "ArgMax": { (reader, node) throws(MobileNetError) in try reader.readEnding(node) },
    "AveragePool": { (reader, node) throws(MobileNetError) in try reader.readAveragePool(node) },
    "BatchNormalization": { (reader, node) throws(MobileNetError) in
      try reader.readBatchNormalization(node)
    },
    "Cast": { (reader, node) throws(MobileNetError) in try reader.readCast(node) },
    "CastLike": { (reader, node) throws(MobileNetError) in try reader.readIdentity(node) },
    "Clip": { (reader, node) throws(MobileNetError) in try reader.readClip(node) },
    "Concat": { (reader, node) throws(MobileNetError) in try reader.readConcatenation(node) },
    "Conv": { (reader, node) throws(MobileNetError) in try reader.readConvolution(node) },
    "DequantizeLinear": { (reader, node) throws(MobileNetError) in
      try reader.readDequantize(node)
    },
    "Div": { (reader, node) throws(MobileNetError) in try reader.readArithmetic(node) },
    "Dropout": { (reader, node) throws(MobileNetError) in try reader.readDropout(node) },
    "Flatten": { (reader, node) throws(MobileNetError) in try reader.readShapeChange(node) },
    "Gather": { (reader, node) throws(MobileNetError) in
      try reader.readGather(node)
    },
    "Gemm": { (reader, node) throws(MobileNetError) in try reader.readFullyConnected(node) },
    "GlobalAveragePool": { (reader, node) throws(MobileNetError) in
      try reader.readGlobalAveragePool(node)
    },
    "HardSigmoid": { (reader, node) throws(MobileNetError) in try reader.readHardSigmoid(node) },
    "HardSwish": { (reader, node) throws(MobileNetError) in try reader.readHardSwish(node) },
    "Identity": { (reader, node) throws(MobileNetError) in try reader.readIdentity(node) },
    "LogSoftmax": { (reader, node) throws(MobileNetError) in try reader.readEnding(node) },
    "LpNormalization": { (reader, node) throws(MobileNetError) in try reader.readEnding(node) },
    "MatMul": { (reader, node) throws(MobileNetError) in try reader.readFullyConnected(node) },
    "Max": { (reader, node) throws(MobileNetError) in try reader.readArithmetic(node) },
    "Min": { (reader, node) throws(MobileNetError) in try reader.readArithmetic(node) },
    "Mul": { (reader, node) throws(MobileNetError) in try reader.readArithmetic(node) },
    "Pad": { (reader, node) throws(MobileNetError) in try reader.readPad(node) },
    "QuantizeLinear": { (reader, node) throws(MobileNetError) in
      try reader.readQuantize(node)
    },
    "ReduceL2": { (reader, node) throws(MobileNetError) in try reader.readEnding(node) },
    "ReduceMean": { (reader, node) throws(MobileNetError) in try reader.readReduceMean(node) },
    "Relu": { (reader, node) throws(MobileNetError) in try reader.readRelu(node) },
    "Reshape": { (reader, node) throws(MobileNetError) in try reader.readShapeChange(node) },
    "Resize": { (reader, node) throws(MobileNetError) in
      try reader.readResize(node)
    },
    "Sigmoid": { (reader, node) throws(MobileNetError) in try reader.readSigmoid(node) },
    "Slice": { (reader, node) throws(MobileNetError) in
      try reader.readSlice(node)
    },
    "Softmax": { (reader, node) throws(MobileNetError) in try reader.readEnding(node) },
    "Squeeze": { (reader, node) throws(MobileNetError) in try reader.readShapeChange(node) },
    "Sub": { (reader, node) throws(MobileNetError) in try reader.readArithmetic(node) },
    "TopK": { (reader, node) throws(MobileNetError) in try reader.readEnding(node) },
    "Transpose": { (reader, node) throws(MobileNetError) in try reader.readTranspose(node) },
    "Unsqueeze": { (reader, node) throws(MobileNetError) in try reader.readShapeChange(node) },
    "Upsample": { (reader, node) throws(MobileNetError) in
      try reader.readResize(node)
    },
  ]
}
