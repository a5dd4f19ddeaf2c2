extension Head {
  /// A head for these classes that goes on from one for others, class by class.
  ///
  /// - A class that is known keeps its row. Where all classes are known, or some of the other head's
  ///   are gone, probabilities are those of the other head given that it is one of these: softmax of
  ///   fewer logits is exactly that.
  /// - A class that is new gets the mean of the known rows, and a bias at its prior: with nₖ for what a
  ///   class counts, ln n + the mean of bₖ − ln nₖ over the known classes.
  ///
  /// The reasons. Softmax doesn't change when the same row is added to all rows, so a head is known up
  /// to that alone; the mean of the rows is the one choice that moves with them, and is what zero is in
  /// a head that began at zero. It is evidence neither for the new class nor against it. The bias is what
  /// follows for a photograph that the head has no evidence on: where its logits are ln nₖ but for a
  /// constant, the new class has exactly the probability n / ∑nₖ. The loss is convex, so that the
  /// beginning decides how soon training arrives, and not where.
  ///
  /// - Parameters:
  ///   - head: shape [its classes × features]
  ///   - rows: for each class the row of `head` that is its own, none of them twice; nil for a new one.
  ///     At least one is known
  ///   - weights: how much each class counts in training, above 0: its samples, times its class weight
  /// - Throws: a shape that can't be trained
  public init(carrying head: Head, rows: [Int?], weights: [Double]) throws(TrainingError) {
    let known = rows.indices.filter { rows[$0] != nil }
    precondition(!known.isEmpty && weights.count == rows.count && weights.allSatisfy { $0 > 0 })
    let featureCount = head.shape.featureCount
    let shape = try HeadShape(featureCount: featureCount, classCount: rows.count)
    let count = Double(known.count)
    var sums = [Double](repeating: 0, count: featureCount)
    var surplus = 0.0
    for place in known {
      let row = rows[place]!
      for feature in 0..<featureCount {
        sums[feature] += Double(head.parameters[row * featureCount + feature])
      }
      surplus +=
        Double(head.parameters[head.shape.weightCount + row])
        - ElementaryFunctions.logarithm(weights[place])
    }
    let mean = sums.map { Float($0 / count) }
    var parameters: [Float] = []
    parameters.reserveCapacity(shape.parameterCount)
    for row in rows {
      if let row {
        parameters += head.parameters[row * featureCount..<(row + 1) * featureCount]
      } else {
        parameters += mean
      }
    }
    for (row, weight) in zip(rows, weights) {
      parameters.append(
        row.map { head.parameters[head.shape.weightCount + $0] }
          ?? Float(surplus / count + ElementaryFunctions.logarithm(weight)))
    }
    try self.init(shape: shape, parameters: parameters)
  }
}
