import Digest
import Figures
import Foundation
import Images
import Monitoring
import Report
import RunFiles
import TestSupport
import Testing
import Training

@Suite struct `The axis of a chart` {
  @Test(arguments: 1...200)
  func `shows all values between round marks`(seed: Int) {
    var numbers = SplitMix64(seed: UInt64(seed), purpose: "axis")
    let scale = [1e-6, 0.01, 1, 37, 1e5][Int(numbers.below(5))]
    let values = (0..<Int(1 + numbers.below(20))).map { _ in (numbers.unit() - 0.3) * scale }
    let axis = Axis(of: values)
    #expect(axis.low <= values.min()! + 1e-12 * scale, "seed \(seed)")
    #expect(axis.high >= values.max()! - 1e-12 * scale, "seed \(seed)")
    #expect((2...12).contains(axis.marks.count), "seed \(seed): \(axis.marks)")
    #expect(axis.marks == axis.marks.sorted())
  }

  @Test func `copes with one value, none, and what isn't a number`() {
    for values in [[], [0.5], [.nan], [.infinity, 1], [0, 0, 0]] as [[Double]] {
      let axis = Axis(of: values)
      #expect(axis.low < axis.high && axis.marks.count >= 2)
    }
    #expect(Axis(of: [2, 3], bounds: 0...0).low == 0)
  }
}

@Suite struct `The report of a run` {
  /// A run of which every `wrongEach`th photograph is taken for the next class.
  private static func report(
    classes: [String], epochs: Int = 6, samples: Int = 60, wrongEach: Int = 5
  ) -> RunReport {
    var view = RunView(name: "photos-1", phase: .finished)
    for number in 0..<epochs {
      let part = 1 / Double(number + 1)
      view.epochs.append(
        RunView.Epoch(
          number: number + 1, step: number * 10, trainLoss: part, trainAccuracy: 1 - part / 2,
          validationLoss: 1.2 * part, validationAccuracy: 0.9 - 0.4 * part))
    }
    let lines: [ProgressEvent] = [
      .warning("2 photographs are copies of others: <script>alert(1)</script>"),
      .finding("<img src=x onerror=alert(1)> has the same content as \"b.jpg\""),
      .finding("c.jpg has the same content as d.jpg"),
      .warning("photographs can be read again"), .note("photographs of each class: <b>1</b>"),
      .features(kept: 10, needed: 30), .workerJoined(worker: "<u>anna</u>", threads: 4),
    ]
    for event in lines {
      view.take(
        ProgressLine(
          time: Timestamp(millisecondsSince1970: 0), step: 0, epoch: 0, event: event))
    }
    var matrix = ConfusionMatrix(classCount: classes.count)
    let picture = RGBImage(
      width: 192, height: 192, pixels: [UInt8](repeating: 120, count: 192 * 192 * 3))
    var shown: [ShownPrediction] = []
    for index in 0..<samples {
      let label = index % classes.count
      let predicted = index % wrongEach == 0 ? (label + 1) % classes.count : label
      matrix.count(label: label, predicted: predicted)
      shown.append(
        ShownPrediction(
          path: "<i>\(classes[label])/\(index).jpg", thumbnail: index % 7 == 0 ? nil : picture,
          trueClass: classes[label], predictedClass: classes[predicted], certainty: 0.75))
    }
    return RunReport(
      view, RunConfiguration(), runArgument: "photos-1",
      .success(
        RunReport.Validation(
          classes: classes, trainingCounts: classes.map { _ in 3 }, matrix: matrix,
          predictions: Array(shown.prefix(24)),
          mistakes: Array(shown.filter { !$0.isRight }.prefix(10)),
          missing: [("<tt>gone.jpg", "no such file")], step: 60)))
  }

  @Test func `is one page that needs nothing else and says nothing raw`() throws {
    let page = try Self.report(classes: ["daisy", "<b>rose</b>", "tulip & co"]).html()
    #expect(page.contains("80.0 %") && page.contains("&lt;b&gt;rose&lt;/b&gt;"))
    #expect(page.contains("48 of 60."))
    for raw in ["<b>rose", "<i>daisy", "<script", "<img src=x", "<u>anna", "<tt>", "<b>1<"] {
      #expect(!page.contains(raw), "\(raw)")
    }
    // Nothing is fetched: pictures are addresses of themselves, and the one other is a language's name.
    let addresses = page.components(separatedBy: "http").dropFirst()
    #expect(
      addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg") || $0.hasPrefix("-equiv") })
    let sources = page.components(separatedBy: "src=").dropFirst()
    #expect(!sources.isEmpty)
    #expect(
      sources.allSatisfy { $0.hasPrefix("\"data:image/jpeg;base64,") || $0.hasPrefix("x onerror") })
    for title in [
      "Curves", "Predictions", "Confusion matrix", "Classes", "The most certain mistakes",
      "Not classified", "The photographs", "The run", "Use it",
    ] {
      #expect(page.contains("<h2>\(title)</h2>"), "\(title)")
    }
    for text in [
      "20, and 10 that earlier runs had kept", "anna&lt;/u&gt; (4 threads)",
      "c.jpg has the same content as d.jpg", "1 warning", "--batch-size</code></td><td>32<",
      "step-00000060.safetensors",
    ] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test func `says so where the photographs can't be shown, and shows the curves`() throws {
    var view = RunView(name: "photos-1", phase: .stopped("interrupted <at> step 3"))
    view.epochs = Self.report(classes: ["a", "b"]).view.epochs
    let page = try RunReport(
      view, RunConfiguration(), runArgument: "photos-1",
      .failure(RunReport.Missing(reason: "there is no checkpoint"))
    ).html()
    #expect(page.contains("stopped before its end: interrupted &lt;at&gt; step 3"))
    #expect(page.contains("be shown: there is no checkpoint") && page.contains("<polyline"))
    #expect(!page.contains("Confusion matrix"))
  }

  @Test func `frames what is right in blue and what is wrong in red`() throws {
    let report = Self.report(classes: ["a", "b"], samples: 10, wrongEach: 5)
    let figure = Figure.predictions(try report.validation.get().predictions)
    let frames = figure.shapes.compactMap { shape in
      if case .framed(_, let colour, _) = shape { colour } else { nil }
    }
    #expect(frames == (0..<10).map { $0 % 5 == 0 ? .red : .blue })
    let page = try report.html()
    // The mistakes are shown a second time.
    #expect(page.components(separatedBy: "<figure class=\"wrong\"").count - 1 == 2 * 2)
    #expect(page.components(separatedBy: "<figure class=\"right\"").count - 1 == 8)
  }

  @Test(arguments: [2, 20, 21, 40, 41, 200, 1_000])
  func `shows any number of classes`(count: Int) throws {
    let classes = (0..<count).map { "class number \($0) with a rather long name" }
    let report = Self.report(classes: classes, samples: 3 * count)
    let figure = Figure.confusion(try report.validation.get().matrix, classes: classes)
    #expect(figure.width < 2_200 && figure.height < 2_200)
    let page = try report.html()
    #expect(page.utf8.count < 5 << 20)
    #expect(page.contains("lowest F1") == (count > 200))
  }

  @Test func `stays small though every class is taken for every other`() throws {
    let classes = (0..<300).map { "\(String(repeating: "n", count: 200))\($0)" }
    var report = Self.report(classes: classes)
    var matrix = ConfusionMatrix(classCount: 300)
    for label in 0..<300 { for other in 0..<300 { matrix.count(label: label, predicted: other) } }
    var validation = try report.validation.get()
    validation.matrix = matrix
    report = RunReport(
      report.view, report.configuration, runArgument: "x", .success(validation))
    #expect(try report.html().utf8.count < 5 << 20)
  }

  @Test(arguments: [0, 1, 2, 500, 20_000])
  func `shows any number of epochs`(count: Int) throws {
    let report = Self.report(classes: ["a", "b"], epochs: count)
    var decoder = try ImageDecoder()
    let image = try decoder.decode(try Figure.curves(report.view.epochs).png())
    #expect((image.width, image.height) == (1_800, 680))
    #expect(try report.html().utf8.count < 5 << 20)
  }

  @Test func `is written whole or not at all`() throws {
    let folder = try TemporaryFolder()
    let report = Self.report(classes: ["a", "b"])
    try report.write(into: folder.path)
    let files = FileManager.default
    #expect(
      try files.contentsOfDirectory(atPath: folder.path).sorted() == [
        "curves.png", "predictions.png", "report.html",
      ])
    #expect(throws: ReportError.self) { try report.write(into: folder.path + "/nowhere") }
  }
}
