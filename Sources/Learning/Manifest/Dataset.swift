/// A folder of photographs as it was found: what is trained on, and what its owner should know.
///
/// Reading goes in steps that each know one thing: `FolderScan` lists what there is, `Layout`
/// decides which folders are classes of which part, `Digesting` reads the files, `Contents` compares
/// them, and the `Manifest` names the result.
public struct Dataset: Sendable {
  /// Whether folders may be read as the parts of a split dataset.
  public enum Reading: String, CaseIterable, Sendable {
    case auto, classes
  }

  /// Where photographs are, and how to take them.
  public struct Source: Equatable, Sendable {
    /// The folder of all photographs, or of those to train on.
    public var folder: String
    /// Folders of their own for validation and test.
    public var validation: String?
    public var test: String?
    public var reading = Reading.auto

    public init(_ folder: String, validation: String? = nil, test: String? = nil) {
      self.folder = folder
      self.validation = validation
      self.test = test
    }
  }

  public let manifest: Manifest
  public let folders: DatasetFolders
  /// What is left out or in doubt, sorted by path.
  public let findings: [Finding]
  /// What was entered, taken for a part, or passed over, in a sentence each.
  public let notes: [String]

  /// Reads a folder with a subfolder for each class; photographs may lie in folders within those.
  /// Hidden files are ignored, links are followed.
  ///
  /// Files are read and digested on `threads` threads, of which the caller's is one; `progress` is
  /// called on the caller's thread, at least once at the end.
  public init(
    reading source: Source, threads: Int, progress: (ReadingProgress) -> Void = { _ in }
  ) throws(ManifestError) {
    precondition(threads > 0, "someone has to read the files")
    let plan = try DatasetPlan(source)
    let read = try LabelledFiles(plan, threads: threads, progress: progress)
    let contents = Contents(read.entries, shown: plan.shown)
    let found = read.findings + contents.findings
    try ClassCounts(plan.classes, contents.entries).check(found)
    manifest = try Manifest(classes: plan.classes, entries: contents.entries)
    folders = plan.folders
    findings = found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    notes = plan.notes
  }
}
