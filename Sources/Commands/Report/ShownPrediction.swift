import Images

/// A photograph with what the classifier made of it.
public struct ShownPrediction: Equatable, Sendable {
  /// Within the dataset.
  public let path: String
  /// A square; nil where the photograph has gone or changed since.
  public let thumbnail: RGBImage?
  public let trueClass: String
  public let predictedClass: String
  /// The probability of the predicted class, from 0 to 1.
  public let certainty: Double

  public init(
    path: String, thumbnail: RGBImage?, trueClass: String, predictedClass: String,
    certainty: Double
  ) {
    self.path = path
    self.thumbnail = thumbnail
    self.trueClass = trueClass
    self.predictedClass = predictedClass
    self.certainty = certainty
  }

  public var isRight: Bool { trueClass == predictedClass }
}
