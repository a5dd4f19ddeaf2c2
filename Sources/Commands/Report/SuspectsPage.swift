import CommandLine
import Figures
import Files
import Glibc
import Images
import Inspection

/// Photographs of a run whose label the others doubt, as a page to look at them.
public struct SuspectsPage: Sendable {
  /// The name of what `write` leaves in a run's folder.
  public static let name = "suspects.html"

  /// As many as people look at, and as keep the page below a few megabytes.
  public static let picturesMax = 100
  /// Of the photographs that are like no class, and of the pairs that look alike.
  public static let othersMax = 24

  private let runName: String
  private let suspects: Suspects
  private let doubted: [Suspects.Photograph]
  private let outliers: [Suspects.Outlier]
  private let pairs: [Suspects.Pair]
  private let thumbnails: [UInt32: RGBImage]
  /// Of each photograph of the page, whether there is a picture.
  public let pictures: [Bool]

  /// - Parameters:
  ///   - count: how many of the most doubtful to show; of those whose label the others see as well none.
  ///   - othersMax: how many photographs to show that are like no class, and how many pairs.
  ///   - threads: how many make photographs small.
  public init(
    _ suspects: Suspects, run: String, count: Int, othersMax: Int = SuspectsPage.othersMax,
    threads: Int
  ) {
    runName = run
    self.suspects = suspects
    doubted = Array(
      suspects.photographs.lazy.filter(\.isDoubted).prefix(min(count, Self.picturesMax)))
    outliers = Array(suspects.outliers.prefix(othersMax))
    pairs = Array(suspects.pairs.prefix(othersMax))
    let shown = Set(
      doubted.map(\.sample) + outliers.map(\.sample)
        + pairs.flatMap { [$0.samples.0, $0.samples.1] }
    ).sorted()
    let squares = Thumbnails.squares(
      count: shown.count, suspects.configuration.fit, threads: threads
    ) { suspects.file(shown[$0]) }
    pictures = squares.map { $0 != nil }
    thumbnails = Dictionary(
      uniqueKeysWithValues: zip(shown, squares).compactMap { sample, square in
        square.map { (sample, $0) }
      })
  }

  public func html() throws(ImageError) -> String {
    HTML.page(
      title: "Suspects of \(runName)",
      [header, try doubtedSection, try pairsSection, try outliersSection, missingSection])
  }

  /// Writes the page into a folder: it is there whole, or as it was before.
  public func write(
    into folder: String, fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(ReportError) {
    let path = "\(folder)/\(Self.name)"
    do {
      try fileSystem.replaceFile(
        path, with: Array(try html().utf8), temporary: "\(path)\(temporarySuffix)-\(getpid())")
    } catch {
      throw ReportError(
        description: "the page can't be written: \(error); make room there, or mend its rights")
    }
  }

  private var header: String {
    let count = suspects.photographs.count { $0.isDoubted }
    return "<header>\n<h1>\(escaped(runName)): suspects</h1>\n<p class=\"lead\">"
      + "Of \(counted(suspects.photographs.count, "photograph")) the others would give "
      + "<strong>\(formatted(count))</strong> another label.</p>\n"
      + HTML.paragraph(
        "Each photograph was judged by a regression on all the others. It is wrong now and then, as the "
          + "classifier is: look, and mend what is wrong.") + goneNote + "\n</header>"
  }

  /// That there are photographs without a picture; empty where there are none.
  private var goneNote: String {
    let count = pictures.count { !$0 }
    guard count > 0 else { return "" }
    return "\n"
      + HTML.paragraph(
        "\(formatted(count)) of the \(counted(pictures.count, "photograph")) below "
          + "\(count == 1 ? "has" : "have") gone or changed since the run, so that there is no picture of "
          + "\(count == 1 ? "it" : "them"): 'tl-coord suspects --data DIR' says where they are now."
      )
  }

  /// The most doubtful, as a part of the report.
  ///
  /// - Parameter command: lists all of them.
  func reportSection(_ command: String) throws(ImageError) -> String {
    let count = suspects.photographs.count { $0.isDoubted }
    guard count > 0 else {
      return HTML.section(
        "Doubtful labels",
        HTML.paragraph("The others doubt the label of none of the run's photographs."))
    }
    return HTML.section(
      "Doubtful labels",
      HTML.paragraph(
        "Of the run's \(counted(suspects.photographs.count, "photograph")), those that validate among them, a "
          + "regression on all the others would give \(formatted(count)) another label: "
          + (doubted.count < count
            ? "the \(formatted(doubted.count)) most doubtful are shown. " : "")
          + "It is wrong now and then, too; look, and mend what is wrong. '\(command)' shows "
          + (doubted.count < count ? "the others" : "photographs that look almost alike")
          + " as well.")
        + "\n" + (try doubtedTiles))
  }

  private var doubtedSection: String {
    get throws(ImageError) {
      guard !doubted.isEmpty else {
        return HTML.section("Doubtful labels", HTML.paragraph("There are none."))
      }
      return HTML.section(
        "Doubtful labels",
        HTML.paragraph(
          "The most doubtful first. In bold what the others say, and how probable they hold both.")
          + "\n" + (try doubtedTiles))
    }
  }

  private var doubtedTiles: String {
    get throws(ImageError) {
      var tiles: [String] = []
      for photograph in doubted {
        let label = suspects.classes[photograph.label]
        let seen = suspects.classes[photograph.seen]
        let twin = photograph.twin.map { "<span>looks almost like \(HTML.path($0))</span>" } ?? ""
        tiles.append(
          try HTML.tile(
            thumbnails[photograph.sample], "\(label), the others say \(seen)",
            path: photograph.path, .wrong,
            "<b>\(escaped(brief(seen))) <i>\(percentage(Double(photograph.seenProbability)))</i></b>"
              + "<span>labelled \(escaped(brief(label))) "
              + "<i>\(percentage(Double(photograph.labelProbability)))</i></span>"
              + "\(twin)<small>\(HTML.path(photograph.path))</small>"))
      }
      return HTML.tiles(tiles)
    }
  }

  private var pairsSection: String {
    get throws(ImageError) {
      guard !pairs.isEmpty else { return "" }
      var tiles: [String] = []
      for pair in pairs {
        for (sample, path) in [(pair.samples.0, pair.paths.0), (pair.samples.1, pair.paths.1)] {
          let label = suspects.classes[pair.label]
          tiles.append(
            try HTML.tile(
              thumbnails[sample], label, path: path, .plain,
              "<span>\(escaped(brief(label)))</span><small>\(HTML.path(path))</small>"))
        }
      }
      return HTML.section(
        "Almost the same",
        HTML.paragraph(
          "\(counted(suspects.pairs.count, "pair")) of one class, two by two, the most alike first: shots "
            + "of one burst, or one photograph in two forms. '--group' keeps them on one side of the "
            + "split.") + "\n" + HTML.tiles(tiles))
    }
  }

  private var outliersSection: String {
    get throws(ImageError) {
      guard !outliers.isEmpty else { return "" }
      var tiles: [String] = []
      for outlier in outliers {
        let label = suspects.classes[outlier.label]
        tiles.append(
          try HTML.tile(
            thumbnails[outlier.sample], "labelled \(label)", path: outlier.path, .plain,
            "<b>likeness \(formatted(outlier.likeness, decimals: 2))</b>"
              + "<span>labelled \(escaped(brief(label)))</span><small>\(HTML.path(outlier.path))</small>"
          ))
      }
      return HTML.section(
        "Unlike all classes",
        HTML.paragraph(
          "The photographs that are least like those of any class, by the cosine of their features to the "
            + "nearest class's mean: unusual views, several things at once, or something else.")
          + "\n" + HTML.tiles(tiles))
    }
  }

  private var missingSection: String {
    guard !suspects.missing.isEmpty else { return "" }
    return HTML.section(
      "Not looked at",
      HTML.fold(
        counted(suspects.missing.count, "photograph"),
        suspects.missing.map { "\($0.path): \($0.reason)" }, count: suspects.missing.count))
  }

  /// A name in a few lines below a picture.
  private func brief(_ name: String) -> String { shortened(name, toWidth: 300, size: 13) }
}
