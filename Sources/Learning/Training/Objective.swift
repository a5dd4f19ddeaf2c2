/// What the gradients of a step are those of: the cross-entropy to smoothed labels, in which the
/// samples of some classes may count more than others.
public struct Objective: Equatable, Sendable {
  /// ε in [0, 1): the label's target is 1 − ε + ε/classes, that of all other classes ε/classes.
  public var labelSmoothing: Double
  /// What the gradients of each class's samples are multiplied by, in (0, 1]; empty where all count
  /// the same.
  public var classWeights: [Float]

  public init(labelSmoothing: Double = 0, classWeights: [Float] = []) {
    precondition(labelSmoothing >= 0 && labelSmoothing < 1)
    precondition(classWeights.allSatisfy { $0 > 0 && $0 <= 1 })
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
  }
}
