import Digest
import Kernels
import MobileNet
import ONNX
import Testing

@Suite struct `An export in the style of` {
  /// Expects the logits of the interpreter, and of all kernels the same bits.
  private func expectInterpreted(
    _ change: (inout ExportStyle) -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for seed in 1...2 as ClosedRange<UInt64> {
      var style = ExportStyle()
      change(&style)
      let model = StyledModel.model(style, seed: seed)
      let side = StyledModel.inputSize
      var random = SplitMix64(seed: seed, purpose: "test pixels")
      let planes = (0..<3 * side * side).map { _ in Float(random.unit() * 2 - 1) }
      var input = planes.map(Double.init)
      var dimensions = [1, 3, side, side]
      if style.layout != .planes {
        dimensions = [1, side, side, 3]
        input = planes.indices.map { Double(planes[$0 % 3 * side * side + $0 / 3]) }
      }
      let expected = try Interpreter.run(model, input: input, dimensions: dimensions)
      let logits = try self.logits(model, planes, .best)
      #expect(logits.count == StyledModel.classCount, sourceLocation: sourceLocation)
      for (a, b) in zip(logits, expected) {
        #expect(
          abs(Double(a) - b) < 1e-4 * max(1, abs(b)), "seed \(seed)",
          sourceLocation: sourceLocation)
      }
      #expect(Set(logits).count == logits.count, sourceLocation: sourceLocation)
      for set in InstructionSet.allCases {
        guard let table = KernelTable.forced(set) else { continue }
        #expect(
          try self.logits(model, planes, table).map(\.bitPattern) == logits.map(\.bitPattern),
          "\(set), seed \(seed)", sourceLocation: sourceLocation)
      }
    }
  }

  private func logits(
    _ model: OnnxModel, _ planes: [Float], _ kernels: KernelTable
  ) throws -> [Float] {
    let backbone = try Backbone(onnx: model.encoded(), keepClassifier: true, kernels: kernels)
    var extractor = FeatureExtractor(backbone)
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    var span = result.mutableSpan
    extractor.features(input: planes.span, into: &span)
    return result
  }

  @Test(arguments: ExportStyle.Layout.allCases, ExportStyle.Padding.allCases)
  func `planes or pixels, padded in whatever way`(
    layout: ExportStyle.Layout, padding: ExportStyle.Padding
  ) throws {
    try expectInterpreted { style in
      (style.layout, style.padding) = (layout, padding)
      // Nothing but pooling is left to NCHW.
      if layout == .pixelsEverywhere { style.pool = .meanOfInput }
    }
  }

  @Test(arguments: ExportStyle.Normalization.allCases, ExportStyle.Layout.allCases)
  func `batch normalization as a node, a product and a sum, or step by step`(
    normalization: ExportStyle.Normalization, layout: ExportStyle.Layout
  ) throws {
    try expectInterpreted { style in
      (style.normalization, style.layout) = (normalization, layout)
    }
  }

  @Test(arguments: ExportStyle.HardSwish.allCases, ExportStyle.Bounds.allCases)
  func `hard swish and ReLU6 as nodes or spelled out`(
    hardSwish: ExportStyle.HardSwish, bounds: ExportStyle.Bounds
  ) throws {
    try expectInterpreted { style in (style.hardSwish, style.bounds) = (hardSwish, bounds) }
  }

  @Test(arguments: ExportStyle.Squash.allCases, ExportStyle.Pool.allCases)
  func `squeeze and excitation in all forms`(
    squash: ExportStyle.Squash, pool: ExportStyle.Pool
  ) throws {
    try expectInterpreted { style in (style.squash, style.pool) = (squash, pool) }
  }

  @Test(arguments: ExportStyle.Flattening.allCases, ExportStyle.Classifier.allCases)
  func `any classifier after any way of flattening`(
    flattening: ExportStyle.Flattening, classifier: ExportStyle.Classifier
  ) throws {
    try expectInterpreted { style in
      (style.flattening, style.classifier) = (flattening, classifier)
      style.endsInSoftmax = true
    }
  }

  @Test(arguments: ExportStyle.Weights.allCases)
  func `weights as initializers, as nodes, as inputs, or cast`(
    weights: ExportStyle.Weights
  ) throws {
    try expectInterpreted { style in
      style.weights = weights
      style.normalization = .steps
    }
  }

  @Test func `tf2onnx before it optimizes`() throws {
    try expectInterpreted { style in
      style.layout = .pixelsEverywhere
      style.normalization = .product
      style.hardSwish = .sixth
      style.squash = .sixth
      style.padding = .padNode
      style.pool = .meanDropped
      style.classifier = .matrix
      style.endsInSoftmax = true
    }
  }
}
