import ONNX

/// The one input of a graph: an image.
struct ImageInput {
  let name: String
  /// Its place among the model's inputs.
  private let place: Int
  private let dimensions: [OnnxValueInfo.Dimension]
  /// What its dimensions are.
  let axes: [Axis]

  /// The largest side in pixels: a limit on what a file may ask for.
  static let sideMax = 1024

  init(of model: OnnxModel) throws(MobileNetError) {
    // Files of old format versions list the initializers among the inputs.
    let names = Set(model.initializers.map(\.name))
    let places = model.inputs.indices.filter { !names.contains(model.inputs[$0].name) }
    guard places.count == 1 else {
      throw .notAClassifier(reason: "it has \(places.count) inputs, one image is expected")
    }
    place = places[0]
    name = model.inputs[place].name
    dimensions = model.inputs[place].dimensions ?? []
    let orders: [[Axis]] = [
      [.sample, .channel, .height, .width], [.sample, .height, .width, .channel],
    ]
    let dimensions = dimensions
    let axes = orders.first { order in
      dimensions.count == 4
        && zip(order, dimensions).contains { $0 == .channel && $1 == .fixed(3) }
    }
    guard let axes else {
      throw .notAClassifier(
        reason: "its input '\(name)' has the shape \(dimensions.map(\.text)), expected is "
          + "[n, 3, height, width] or [n, height, width, 3]")
    }
    self.axes = axes
  }

  /// Height and width in pixels.
  func size() throws(MobileNetError) -> (height: Int, width: Int) {
    guard let rows = side(.height), let columns = side(.width) else { throw .inputSizeOpen }
    guard (1...Self.sideMax).contains(rows), (1...Self.sideMax).contains(columns) else {
      throw .notAClassifier(
        reason: "its input of \(rows)x\(columns) is larger than \(Self.sideMax)x\(Self.sideMax)")
    }
    return (rows, columns)
  }

  /// How many samples the graph takes at once; any number counts as one.
  var sampleCount: Int {
    guard let count = side(.sample), (1...65_536).contains(count) else { return 1 }
    return count
  }

  /// Gives a model's input a height and a width where it leaves them free.
  ///
  /// - Returns: false where nothing was to be done
  func fix(side wanted: Int, in model: inout OnnxModel) throws(MobileNetError) -> Bool {
    var dimensions = dimensions
    for (index, axis) in axes.enumerated() where axis == .height || axis == .width {
      if case .fixed(let own) = dimensions[index], own != wanted {
        throw .notAClassifier(
          reason: "its input has a fixed \(axis == .height ? "height" : "width") of \(own) pixels; "
            + "leave --input-size out")
      }
      dimensions[index] = .fixed(wanted)
    }
    guard dimensions != self.dimensions else { return false }
    model.inputs[place].dimensions = dimensions
    return true
  }

  /// A fixed extent.
  private func side(_ axis: Axis) -> Int? {
    guard let index = axes.firstIndex(of: axis), case .fixed(let extent) = dimensions[index] else {
      return nil
    }
    return extent
  }
}

extension OnnxValueInfo.Dimension {
  fileprivate var text: String {
    switch self {
    case .fixed(let number): "\(number)"
    case .named(let name): name
    case .unknown: "?"
    }
  }
}
