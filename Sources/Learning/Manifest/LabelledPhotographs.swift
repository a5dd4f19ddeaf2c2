/// Photographs to measure a classifier on: of some of its classes, in folders named after them.
public struct LabelledPhotographs: Sendable {
  /// Sorted by path; `classIndex` is the place in the classes that were given.
  public let entries: [Manifest.Entry]
  /// Of the entries, in their order.
  public let paths: [String]
  /// What is left out or in doubt, sorted by path.
  public let findings: [Finding]
  public let notes: [String]

  /// - Parameters:
  ///   - labels: a file with the labels, where folders don't say them.
  ///   - classes: the classifier's; another class is an error.
  public init(
    reading folder: String, labels: String? = nil, classes: [String], threads: Int
  ) throws(ManifestError) {
    let plan = try DatasetPlan(measuring: folder, labels, classes: classes)
    let read = try LabelledFiles(plan, threads: threads) { _ in }
    let contents = Contents(read.entries, classes: classes, shown: plan.folders.shown)
    entries = contents.entries
    paths = entries.map(plan.folders.path)
    findings = (read.findings + contents.findings)
      .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    notes = plan.notes
  }
}
