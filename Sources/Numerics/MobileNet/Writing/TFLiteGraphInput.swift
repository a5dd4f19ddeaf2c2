import TFLite

/// What a graph takes, and how it becomes what the first layer takes.
extension TFLiteGraphWriter {
  /// What a float32 network takes.
  mutating func normalized(_ input: String, _ kind: ExportedInput) -> Int {
    let (height, width) = (network.tensors[0].height, network.tensors[0].width)
    let shape = [height, width, 3]
    func step(_ name: String) -> TFLiteTensor { TFLiteTensor(name: name, shape: shape, .float32) }
    guard kind == .pixels else { return beginning(step(input)) }
    let pixels = beginning(TFLiteTensor(name: input, shape: shape, .uint8))
    let affine = (0..<3).map { preprocess.affine(channel: $0) }
    let zero = constant("input_zero", [3], .float32(affine.map { Float($0.zero) }))
    let factor = constant("input_factor", [3], .float32(affine.map { Float($0.factor) }))
    let numbers = model.add(.cast, [pixels], giving: step("input_numbers"))
    let centred = model.add(.subtract, [numbers, zero], giving: step("input_centred"))
    return model.add(.multiply(.none), [centred, factor], giving: step("input_normalized"))
  }

  /// What an int8 network takes: the bytes of the picture, whose weights hold the factor.
  mutating func bytes(_ input: String, _ kind: ExportedInput) -> Int {
    let (height, width) = (network.tensors[0].height, network.tensors[0].width)
    let shape = [height, width, 3]
    let asTheyAre = TFLiteTensor.Quantization(scale: 1, zero: 0)
    guard kind == .normalized else {
      return beginning(TFLiteTensor(name: input, shape: shape, .uint8, asTheyAre))
    }
    func step(_ name: String) -> TFLiteTensor { TFLiteTensor(name: name, shape: shape, .float32) }
    let normalized = beginning(step(input))
    let affine = (0..<3).map { preprocess.affine(channel: $0) }
    let deviation = constant(
      "input_deviation", [3], .float32(affine.map { Float(1 / $0.factor) }))
    let zero = constant("input_zero", [3], .float32(affine.map { Float($0.zero) }))
    let centred = model.add(
      .multiply(.none), [normalized, deviation], giving: step("input_centred"))
    let numbers = model.add(.add(.none), [centred, zero], giving: step("input_numbers"))
    return model.add(
      .quantize, [numbers],
      giving: TFLiteTensor(name: "input_bytes", shape: shape, .uint8, asTheyAre))
  }

  /// The picture's bytes as int8, with what stands for zero around them: the nearest byte of each
  /// channel, since zero itself may lie between two.
  mutating func firstBytes(_ form: WrittenConvolution, _ name: String) -> Int {
    let asTheyAre = TFLiteTensor.Quantization(scale: 1, zero: 0)
    let zeros = (0..<3).map { channel in
      UInt8(min(max(preprocess.affine(channel: channel).zero.rounded(), 0), 255))
    }
    var pixels = value(0)
    if form.hasPadding {
      let (height, width) = (form.paddedShape[0], form.paddedShape[1])
      let pads = constant("\(name)_pads", [4, 2], .int32(form.pads))
      func padded(_ part: Int, _ zero: UInt8, _ what: String, channels: Int) -> Int {
        let zero = model.add(
          TFLiteTensor(name: "\(what)_zero", dimensions: [], .uint8([zero]), asTheyAre))
        return model.add(
          .padWith, [part, pads, zero],
          giving: TFLiteTensor(
            name: "\(what)_padded", shape: [height, width, channels], .uint8, asTheyAre))
      }
      if Set(zeros).count == 1 {
        pixels = padded(pixels, zeros[0], name, channels: 3)
      } else {
        let axis = constant("\(name)_axis", [], .int32([3]))
        let (x, names) = (network.tensors[0], ["red", "green", "blue"])
        let parts = model.add(
          .split(count: 3), [axis, pixels],
          giving: names.map {
            TFLiteTensor(
              name: "\(name)_\($0)", shape: [x.height, x.width, 1], .uint8, asTheyAre)
          })
        let all = names.indices.map { index in
          padded(parts[index], zeros[index], "\(name)_\(names[index])", channels: 1)
        }
        pixels = model.add(
          .concatenation(axis: 3), all,
          giving: TFLiteTensor(
            name: "\(name)_padded", shape: [height, width, 3], .uint8, asTheyAre))
      }
    }
    return model.add(
      .quantize, [pixels],
      giving: TFLiteTensor(
        name: "\(name)_int8", shape: Array(model.tensors[pixels].dimensions.dropFirst()), .int8,
        .init(scale: 1, zero: -128)))
  }

  private mutating func beginning(_ tensor: TFLiteTensor) -> Int {
    let index = model.add(tensor)
    model.inputs = [index]
    return index
  }
}
