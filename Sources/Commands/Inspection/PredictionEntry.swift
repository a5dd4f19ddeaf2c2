import RunFiles

extension Classifier {
  /// The most probable classes, the most probable first.
  public func ranked(_ answer: Answer) -> [Int] {
    classes.indices.sorted { answer.probabilities[$0] > answer.probabilities[$1] }
  }

  /// A picture's answer as programs get it, from `predict --json` and from `serve`.
  ///
  /// - Parameters:
  ///   - file: by which the picture is known to who asks.
  ///   - top: how many classes are named.
  ///   - tellsNone: whether it is said of which pictures the classifier knows nothing.
  public func entry(_ file: String, _ answer: Answer, top: Int, tellsNone: Bool) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("file", .string(file)),
      .init(
        "classes",
        .array(
          ranked(answer).prefix(top).map { index in
            .object([
              .init("class", .string(classes[index])),
              .init("probability", .double(Double(answer.probabilities[index]))),
            ])
          })),
    ]
    if tellsNone {
      members += [
        .init("none_of_these", .boolean(answer.isOfNoClass)),
        .init("likeness", answer.likeness.map(JSONValue.double) ?? .null),
      ]
    }
    return .object(members)
  }
}
