import Digest
import Training

extension Checkpoint {
  /// Raised when a field changes its meaning; a higher one is refused.
  public static let formatVersion = 1

  /// The content of the file: a sealed safetensors file with the tensors `weight` [classes ×
  /// features], `bias` [classes] and, for each slot of the optimizer, the same two under its name.
  public func encoded() -> [UInt8] {
    let shape = state.head.shape
    var tensors: [SafeTensors.Tensor] = []
    func append(_ prefix: String, _ parameters: [Float]) {
      tensors.append(
        .init(
          name: prefix + "weight", shape: [shape.classCount, shape.featureCount],
          values: Array(parameters[..<shape.weightCount])))
      tensors.append(
        .init(
          name: prefix + "bias", shape: [shape.classCount],
          values: Array(parameters[shape.weightCount...])))
    }
    append("", state.head.parameters)
    let slotNames = state.slots.count == 2 ? Optimizer.adam.slotNames : Optimizer.sgd.slotNames
    for (name, slot) in zip(slotNames, state.slots) { append(name + ".", slot) }

    var texts = [
      ("format_version", "\(Self.formatVersion)"),
      ("head_sha256", "\(state.head.digest)"),
    ]
    texts += inputs.members.map { ($0.name, $0.value.string ?? $0.value.encoded) }
    texts += [
      ("configuration", options.encoded),
      ("classes", JSONValue.array(classes.map(JSONValue.string)).encoded),
      ("step", "\(state.step)"),
      ("epoch", "\(epoch)"),
      ("epoch_loss_sum", "\(state.totals.lossSum)"),
      ("epoch_correct", "\(state.totals.correct)"),
      ("epoch_samples", "\(state.totals.samples)"),
      ("epoch_skipped", "\(state.totals.skipped)"),
      // Shortest digits, which lead back to the same double.
      ("beta1_power", "\(state.firstPower)"),
      ("beta2_power", "\(state.secondPower)"),
      ("contributors", contributors.encoded),
    ]
    if !openAudits.isEmpty { texts.append(("open_audits", OpenFeatureAudit.encoded(openAudits))) }
    if let best {
      texts.append(("best_epoch", "\(best.epoch)"))
      texts.append(("best_correct", "\(best.correct)"))
      texts.append(("best_step", "\(best.step)"))
    }
    if let metrics { texts.append(("metrics", JSONValue.object(metrics.members).encoded)) }
    return SafeTensors(
      tensors: tensors, texts: texts.map { .init(name: $0.0, value: $0.1) }
    ).encoded()
  }

  /// Reads what `encoded` wrote. Throws `damaged` where a single bit is wrong, and `configuration`
  /// where a newer program wrote it.
  public init(decoding bytes: [UInt8], path: String) throws(RunFilesError) {
    let file: SafeTensors
    do {
      file = try SafeTensors(decoding: bytes)
    } catch {
      throw RunFilesError(.damaged, "\(path) is damaged: \(error.reason)")
    }
    let reader = CheckpointReader(file: file, path: path)
    let version: Int = try reader.number("format_version")
    guard version <= Self.formatVersion else {
      throw RunFilesError(
        .configuration,
        "\(path) has format version \(version), and this program knows \(Self.formatVersion); "
          + "use the newer program that wrote it")
    }
    inputs = RunInputs(
      manifest: try reader.digest("manifest_sha256"),
      backbone: try reader.digest("backbone_sha256"),
      preprocessingVersion: file.text("preprocessing_version") == nil
        ? 0 : try reader.number("preprocessing_version"),
      startHead: file.text("start_head_sha256") == nil
        ? nil : try reader.digest("start_head_sha256"))
    options = try reader.json("configuration")
    guard options.members != nil else { throw reader.damage("its configuration is no object") }
    let names = try reader.json("classes").array ?? []
    classes = names.compactMap(\.string)
    let shape = try reader.shape()
    guard classes.count == names.count, classes.count == shape.classCount else {
      throw reader.damage("it doesn't name each of its \(shape.classCount) classes")
    }
    epoch = try reader.count("epoch")
    state = try reader.state(shape: shape, options: options)
    guard try reader.digest("head_sha256") == state.head.digest else {
      throw reader.damage("its head doesn't have the head_sha256 that it names")
    }
    guard let contributors = CheckpointContributors(decoding: try reader.text("contributors"))
    else { throw reader.damage("it doesn't name its contributors") }
    self.contributors = contributors
    guard let openAudits = OpenFeatureAudit.decoded(file.text("open_audits") ?? "") else {
      throw reader.damage("its open audits can't be read")
    }
    self.openAudits = openAudits
    if file.text("best_epoch") != nil {
      best = BestEpoch(
        epoch: try reader.count("best_epoch"), correct: try reader.count("best_correct"),
        step: try reader.number("best_step"))
    }
    if file.text("metrics") != nil { metrics = EpochMetrics(members: try reader.json("metrics")) }
  }
}

/// Takes values out of a checkpoint's file. As the seal has been checked, what is wrong here was
/// written wrong.
private struct CheckpointReader {
  let file: SafeTensors
  let path: String

  func damage(_ reason: String) -> RunFilesError {
    RunFilesError(.damaged, "\(path) is no checkpoint of a run: \(reason)")
  }

  func text(_ name: String) throws(RunFilesError) -> String {
    guard let text = file.text(name) else { throw damage("'\(name)' is missing") }
    return text
  }

  func number<Number: LosslessStringConvertible>(
    _ name: String
  ) throws(RunFilesError) -> Number {
    guard let number = Number(try text(name)) else { throw damage("'\(name)' is not a number") }
    return number
  }

  /// A number of epochs or samples: at most 31 bits.
  func count(_ name: String) throws(RunFilesError) -> Int {
    let number: Int = try number(name)
    guard (0..<1 << 31).contains(number) else { throw damage("'\(name)' is \(number)") }
    return number
  }

  func digest(_ name: String) throws(RunFilesError) -> ContentDigest {
    guard let digest = ContentDigest(hex: try text(name)) else {
      throw damage("'\(name)' is not a SHA-256")
    }
    return digest
  }

  func json(_ name: String) throws(RunFilesError) -> JSONValue {
    let bytes = try text(name).utf8
    do {
      return try JSONValue(decoding: bytes)
    } catch {
      throw damage("'\(name)' is not JSON: \(error)")
    }
  }

  func shape() throws(RunFilesError) -> HeadShape {
    guard let shape = file.tensor("weight")?.shape, shape.count == 2 else {
      throw damage("it has no tensor 'weight' of two dimensions")
    }
    do {
      return try HeadShape(featureCount: shape[1], classCount: shape[0])
    } catch {
      throw damage("\(error)")
    }
  }

  /// The tensors `prefix`weight and `prefix`bias, one after the other.
  func parameters(_ prefix: String, _ shape: HeadShape) throws(RunFilesError) -> [Float] {
    guard let weight = file.tensor(prefix + "weight"), let bias = file.tensor(prefix + "bias"),
      weight.shape == [shape.classCount, shape.featureCount], bias.shape == [shape.classCount]
    else { throw damage("its tensors '\(prefix)weight' and '\(prefix)bias' don't fit") }
    return weight.values + bias.values
  }

  func state(shape: HeadShape, options: JSONValue) throws(RunFilesError) -> TrainerState {
    guard let optimizer = options["optimizer"]?.string.flatMap(Optimizer.init(rawValue:)) else {
      throw damage("it names no known optimizer")
    }
    let head: Head
    do {
      head = try Head(shape: shape, parameters: try parameters("", shape))
    } catch let error as RunFilesError {
      throw error
    } catch {
      throw damage("\(error)")
    }
    var slots: [[Float]] = []
    for name in optimizer.slotNames { slots.append(try parameters(name + ".", shape)) }
    guard file.tensors.count == 2 * (1 + slots.count) else {
      throw damage("it has \(file.tensors.count) tensors")
    }
    let totals = RunningTotals(
      lossSum: try number("epoch_loss_sum"), correct: try number("epoch_correct"),
      samples: try number("epoch_samples"), skipped: try number("epoch_skipped"))
    return TrainerState(
      head: head, slots: slots, firstPower: try number("beta1_power"),
      secondPower: try number("beta2_power"), step: try number("step"), totals: totals)
  }
}
