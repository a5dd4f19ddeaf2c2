import Training

extension Head {
  /// Reads what `safeTensors` wrote. Throws where it is damaged, or no head.
  init(safeTensors bytes: [UInt8]) throws(RunFilesError) {
    func damage(_ reason: String) -> RunFilesError {
      RunFilesError(.damaged, "the head is damaged: \(reason)")
    }
    do {
      let file = try SafeTensors(decoding: bytes)
      guard let weight = file.tensor("weight"), let bias = file.tensor("bias"),
        file.tensors.count == 2, weight.shape.count == 2, bias.shape == [weight.shape[0]]
      else { throw damage("it has other tensors than weight and bias") }
      self = try Head(
        shape: HeadShape(featureCount: weight.shape[1], classCount: weight.shape[0]),
        parameters: weight.values + bias.values)
    } catch let error as RunFilesError {
      throw error
    } catch {
      throw damage("\(error)")
    }
  }

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
