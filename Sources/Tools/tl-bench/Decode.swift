import CommandLine

private let sizeOption = Option<Int>(
  "size", .integer(8...4096), default: 224, "height and width of the network's input")

/// Photographs a second through decoding, resizing and cropping.
let decodeBenchmark = Benchmark(
  Command(
    "decode", "decodes and resizes photographs again and again",
    groups: [
      OptionGroup(
        "Decode",
        [
          dataOption.declaration, sizeOption.declaration, threadsOption.declaration,
          secondsOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  let photographs = try readPhotographs(settings)
  let size = settings[sizeOption]
  let rate = perSecond(threads: settings[threadsOption], seconds: settings[secondsOption]) { end in
    preprocessInTurn(photographs, height: size, width: size, until: end) { _ in }
  }
  var report = Report()
  report.add("photographs", photographs.count)
  report.add("input_pixels_a_side", size)
  report.add("threads", settings[threadsOption])
  report.add("images_per_second", rate)
  return report
}
