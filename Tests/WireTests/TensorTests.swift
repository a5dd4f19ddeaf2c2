import ClusterCore
import Testing
import Wire

@Suite struct TensorTests {
  @Test func `tensors are little-endian`() {
    #expect(TensorFrame.bytes([1, -2] as [Float]) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])
    #expect(
      TensorFrame.bytes([1, -2] as [Int64])
        == [1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
  }

  @Test(arguments: [0, 1, 2, 15, 16, 17, 1285])
  func `tensors come back as they went, from any alignment`(count: Int) throws {
    let floats = (0..<count).map { Float($0) * -0.37 }
    let int64s = (0..<count).map { Int64($0) &* 0x1234_5678_9abc_def1 }
    for shift in 0..<8 {
      let padding = [UInt8](repeating: 0xff, count: shift)
      let first = padding + TensorFrame.bytes(floats)
      let second = padding + TensorFrame.bytes(int64s)
      #expect(
        try TensorFrame.floats(first.span.bytes.extracting(shift...), count: count) == floats)
      #expect(
        try TensorFrame.int64s(second.span.bytes.extracting(shift...), count: count) == int64s)
    }
  }

  @Test func `a tensor of another length is refused`() {
    let frame = [UInt8](repeating: 0, count: 24)
    #expect(throws: WireError.tensorLength(byteCount: 24, byteCountExpected: 20)) {
      try TensorFrame.floats(frame.span.bytes, count: 5)
    }
    #expect(throws: WireError.tensorLength(byteCount: 24, byteCountExpected: 32)) {
      try TensorFrame.int64s(frame.span.bytes, count: 4)
    }
  }

  @Test func `values beyond the bound are refused wherever they stand`() throws {
    for bad in [Float.nan, .infinity, -.infinity, Float(6).nextUp, -Float(6).nextUp] {
      for index in 0..<40 {
        var values = [Float](repeating: -6, count: 40)
        #expect(try floats(values) == values)
        values[index] = bad
        #expect(throws: WireError.tensorValue) { try floats(values) }
      }
    }
    for bad in [Int64.min, .max, 8, -9] {
      for index in 0..<40 {
        var values = (0..<40).map { Int64($0 % 16 - 8) }
        #expect(try int64s(values) == values)
        values[index] = bad
        #expect(throws: WireError.tensorValue) { try int64s(values) }
      }
    }
  }

  @Test func `without a bound every integer is accepted`() throws {
    let values: [Int64] = [.min, -1, 0, 1, .max]
    #expect(try TensorFrame.int64s(TensorFrame.bytes(values).span.bytes, count: 5) == values)
  }

  private func floats(_ values: [Float]) throws(WireError) -> [Float] {
    try TensorFrame.floats(
      TensorFrame.bytes(values).span.bytes, count: values.count, magnitudeMax: 6)
  }

  private func int64s(_ values: [Int64]) throws(WireError) -> [Int64] {
    try TensorFrame.int64s(
      TensorFrame.bytes(values).span.bytes, count: values.count, magnitudeBits: 3)
  }

  @Test func `each message says which tensor follows`() {
    let dimensions = HeadDimensions(classCount: 5, featureCount: 1280)
    let item = SampleVariant(sample: 0, variant: 0)
    let id = ShareID(incarnation: .none, step: 0, number: 0)
    let share = Share(id: id, variant: 0, samples: [0])
    #expect(
      WorkerMessage.features(Features(item: item)).tensor?.byteCount(dimensions) == 1280 * 4)
    #expect(
      WorkerMessage.gradientSum(GradientAnswer(share: id, count: 1, correct: 0, lossSum: 0))
        .tensor?.byteCount(dimensions) == 6405 * 8)
    #expect(
      WorkerMessage.evaluation(Evaluation(share: id, count: 1, correct: 0, lossSum: 0))
        .tensor?.byteCount(dimensions) == 25 * 8)
    #expect(WorkerMessage.heartbeat.tensor == nil)
    #expect(CoordinatorMessage.step(share).tensor?.byteCount(dimensions) == 6405 * 4)
    #expect(CoordinatorMessage.evaluate(share).tensor?.byteCount(dimensions) == 6405 * 4)
    #expect(
      CoordinatorMessage.lease(Lease(item: item, withFeatures: true)).tensor?.byteCount(dimensions)
        == 1280 * 4)
    #expect(
      CoordinatorMessage.lease(Lease(item: item, withFeatures: false)).tensor == nil)
  }

  @Test func `dimensions beyond the limits are known`() {
    #expect(HeadDimensions(classCount: 5, featureCount: 1280).isValid)
    #expect(HeadDimensions(classCount: 2_800, featureCount: 2_048).isValid)
    #expect(!HeadDimensions(classCount: 3_000, featureCount: 1).isValid)
    #expect(!HeadDimensions(classCount: 0, featureCount: 1280).isValid)
    #expect(!HeadDimensions(classCount: 5, featureCount: 0).isValid)
    #expect(!HeadDimensions(classCount: 65_535, featureCount: 16_384).isValid)
    #expect(!HeadDimensions(classCount: 65_535, featureCount: 1).isValid)
    #expect(!HeadDimensions(classCount: .max, featureCount: .max).isValid)
  }
}
