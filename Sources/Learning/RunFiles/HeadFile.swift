import Training

extension Head {
  /// The head alone as a safetensors file: float32 `weight` [classes × features] and `bias` [classes],
  /// and in its texts the names of the classes as a JSON list and `head_sha256`.
  public func safeTensors(classes: [String]) -> [UInt8] {
    precondition(classes.count == shape.classCount)
    return SafeTensors(
      tensors: [
        .init(
          name: "weight", shape: [shape.classCount, shape.featureCount], values: Array(weight)),
        .init(name: "bias", shape: [shape.classCount], values: Array(bias)),
      ],
      texts: [
        .init(name: "classes", value: JSONValue.array(classes.map(JSONValue.string)).encoded),
        .init(name: "head_sha256", value: "\(digest)"),
      ]
    ).encoded()
  }
}
