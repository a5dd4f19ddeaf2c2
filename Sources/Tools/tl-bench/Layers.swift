import CommandLine
import MobileNet

private let roundsOption = Option<Int>(
  "rounds", .integer(1...100_000), default: 200, "forward passes; each layer's fastest counts")

/// Where the time of a forward pass goes: each layer's fastest time of many rounds, so that other
/// programs on the machine don't show.
let layersBenchmark = Benchmark(
  Command(
    "layers", "shows where the time of a forward pass goes",
    groups: [
      OptionGroup(
        "Layers",
        [
          backboneOption.declaration, preprocessOption.declaration, inputSizeOption.declaration,
          backbonePrecisionOption.declaration,
          roundsOption.declaration,
          jsonOption.declaration,
        ])
    ])
) { settings in
  let backbone = try readBackbone(settings)
  var extractor = FeatureExtractor(backbone)
  var fastest: [Double] = []
  var layers: [Int?] = []
  var limit = 0.0
  for _ in 0..<settings[roundsOption] {
    limit = max(limit, multiplyAddsPerSecond(backbone.precision, rounds: 20_000))
    var place = 0
    var start = 0.0
    extractor.runTimed {
      start = monotonicSeconds()
    } after: { layer in
      let elapsed = monotonicSeconds() - start
      if place == fastest.count {
        fastest.append(elapsed)
        layers.append(layer)
      }
      fastest[place] = min(fastest[place], elapsed)
      place += 1
    }
  }
  var totals: [Int: Double] = [:]
  for (layer, seconds) in zip(layers, fastest) { totals[layer ?? -1, default: 0] += seconds }
  var report = Report()
  for (layer, seconds) in totals.sorted(by: { $0.key < $1.key }) {
    if layer < 0 {
      report.add("padding_microseconds", seconds * 1e6)
      continue
    }
    let (name, kind, count) = backbone.layer(layer)
    report.add(
      "\(name) \(kind)",
      "\(Int(seconds * 1e6)) us, \(Int(100 * Double(count) / seconds / limit)) % of the limit")
  }
  let total = fastest.reduce(0, +)
  report.add("total_microseconds", total * 1e6)
  report.add("limit_multiply_adds_per_second", limit, decimals: 0)
  report.add("share_of_limit", Double(backbone.multiplyAddCount) / total / limit, decimals: 3)
  return report
}
