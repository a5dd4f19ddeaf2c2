import Threading

extension Backbone {
  /// The features of images, float32 [images][featureCount], computed on several threads.
  ///
  /// - Parameter images: pixels as `FeatureExtractor` takes them
  func features(of images: [[UInt8]], threads: Int) -> [[Float]] {
    concurrentMap(
      count: images.count, threads: threads, name: "calibrate",
      buffers: { FeatureExtractor(self) },
      compute: { (index, extractor: inout FeatureExtractor) in
        let image = images[index]
        var row = [Float](repeating: 0, count: featureCount)
        var span = row.mutableSpan
        extractor.features(pixels: image.span, into: &span)
        return row
      })
  }
}
