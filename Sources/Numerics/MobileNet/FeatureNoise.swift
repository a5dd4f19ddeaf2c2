/// How far the features of an int8 backbone are from those in float32.
struct FeatureNoise {
  /// The root mean square, over features, of what rounding does to one relative to its deviation over the
  /// images. Features that never change don't count.
  let ratio: Float

  init(of int8: Backbone, beside float32: Backbone, _ images: [[UInt8]], threads: Int) {
    let rounded = int8.features(of: images, threads: threads)
    let exact = float32.features(of: images, threads: threads)
    let count = Double(images.count)
    var (sum, counted) = (0.0, 0)
    for feature in 0..<float32.featureCount {
      let mean = exact.reduce(0.0) { $0 + Double($1[feature]) } / count
      var (noise, variance) = (0.0, 0.0)
      for (a, b) in zip(exact, rounded) {
        let (error, distance) = (Double(a[feature]) - Double(b[feature]), Double(a[feature]) - mean)
        noise += error * error
        variance += distance * distance
      }
      guard variance > 0 else { continue }
      sum += min(noise / variance, 1)
      counted += 1
    }
    ratio = counted > 0 ? Float((sum / Double(counted)).squareRoot()) : 0
  }
}
