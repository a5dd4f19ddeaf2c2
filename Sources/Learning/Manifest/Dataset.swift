import Digest
import Threading

/// A folder of photographs as it was found: what is trained on, and what its owner should know.
///
/// Reading goes in steps that each know one thing: `FolderScan` lists what there is, `Layout`
/// decides which folders are classes of which part, `Digesting` reads the files, `Screening` decodes
/// them, `Contents` compares them, and the `Manifest` names the result.
public struct Dataset: Sendable {
  /// Whether folders named like the parts of a split dataset may be taken for them.
  public enum Reading: String, CaseIterable, Hashable, Sendable {
    /// Where names and contents say so.
    case auto
    /// Never: every folder is a class.
    case classes
  }

  /// Where photographs are, and how to take them.
  public struct Source: Equatable, Sendable {
    /// The folder of all photographs, or of those to train on.
    public var folder: String
    /// Folders of their own for validation and test.
    public var validation: String?
    public var test: String?
    public var reading = Reading.auto
    /// A file with the labels, where folders don't say them.
    public var labels: String?

    public init(_ folder: String, validation: String? = nil, test: String? = nil) {
      self.folder = folder
      self.validation = validation
      self.test = test
    }
  }

  /// What is left out of a dataset without stopping.
  public enum Tolerance: Equatable, Sendable {
    /// Nothing.
    case strict
    /// Whatever has no certain label, and files that are no photographs or can't be decoded, up to
    /// this share of the files, from 0 to 1.
    case unusable(shareMax: Double)
  }

  public let manifest: Manifest
  public let folders: DatasetFolders
  /// What is left out or in doubt, sorted by path.
  public let findings: [Finding]
  /// What was entered, taken for a part, or passed over, in a sentence each.
  public let notes: [String]
  /// Why something may be meant otherwise than it was taken, in a sentence each.
  public let doubts: [String]

  /// Reads a folder with a subfolder for each class; photographs may lie in folders within those.
  /// Hidden files are ignored, links are followed.
  ///
  /// Files are read and digested on `threads` threads, of which the caller's is one, and decoded on
  /// no more than there are processors; `progress` is called on the caller's thread, at least once at
  /// the end of each.
  ///
  /// - Parameter decodable: the contents that were decoded before, and aren't again.
  public init(
    reading source: Source, tolerance: Tolerance = .unusable(shareMax: 1),
    decodable: Set<ContentDigest> = [], threads: Int, progress: (ReadingProgress) -> Void = { _ in }
  ) throws(ManifestError) {
    precondition(threads > 0, "someone has to read the files")
    let plan = try DatasetPlan(source)
    let read = try LabelledFiles(plan, threads: threads, progress: progress)
    let sifted = try Self.sift(read.entries, plan, decodable, threads, progress)
    let contents = Contents(
      sifted.entries, classes: plan.classes, shown: plan.folders.shown)
    findings = (read.findings + sifted.findings + contents.findings)
      .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try Self.check(findings, photographCount: sifted.entries.count, tolerance)
    try ClassCounts(plan.classes, contents.entries).check(findings)
    manifest = try Manifest(classes: plan.classes, entries: contents.entries)
    folders = plan.folders
    notes = plan.notes
    doubts = plan.doubts
  }

  /// Where a dataset's files lie, without reading any of them.
  public static func folders(of source: Source) throws(ManifestError) -> DatasetFolders {
    try DatasetPlan(source).folders
  }

  /// Throws where a class has too few photographs to train on and to validate with, with what was left out
  /// of it: a manifest alone doesn't know that.
  public func checkSides() throws(ManifestError) {
    guard !manifest.entries.contains(where: { $0.part == .validation }) else { return }
    try DistinctContents(manifest.entries.filter { $0.part == .training }, manifest.classes)
      .check(findings)
  }

  /// How many photographs of each class there are to train on and to validate with.
  public var counts: ClassCounts { ClassCounts(manifest.classes, manifest.entries) }

  /// Parts what can be decoded from what can't.
  private static func sift(
    _ entries: [Manifest.Entry], _ plan: DatasetPlan, _ known: Set<ContentDigest>,
    _ threads: Int, _ progress: (ReadingProgress) -> Void
  ) throws(ManifestError) -> (entries: [Manifest.Entry], findings: [Finding]) {
    // Each decoder may take hundreds of megabytes for a moment.
    let unknown = entries.filter { !known.contains($0.digest) }
    let screening = try Screening(
      unknown, in: plan.folders, threads: min(threads, processorCount)
    ) { done in
      progress(ReadingProgress(stage: .decoding, filesDone: done, filesTotal: unknown.count))
    }
    var decodable: [Manifest.Entry] = []
    var findings: [Finding] = []
    for entry in entries {
      if let reason = screening.undecodable[entry.digest] {
        findings.append(
          Finding(
            path: plan.folders.shown(entry), reason: .undecodable(reason),
            classes: [plan.classes[entry.classIndex]]))
      } else {
        decodable.append(entry)
      }
    }
    return (decodable, findings)
  }

  private static func check(
    _ findings: [Finding], photographCount: Int, _ tolerance: Tolerance
  ) throws(ManifestError) {
    switch tolerance {
    case .strict:
      let leftOut = findings.filter(\.isLeftOut)
      guard leftOut.isEmpty else { throw .notStrict(leftOut.map(\.description)) }
    case .unusable(let shareMax):
      let unusable = findings.filter(\.isUnusable)
      let total = photographCount + unusable.count
      guard Double(unusable.count) <= shareMax * Double(total) else {
        throw .tooManyUnusable(
          unusable.map(\.description), fileCount: total, shareMax: shareMax)
      }
    }
  }
}
