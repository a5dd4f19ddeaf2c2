import Digest
import Files

/// The photographs of a plan, read.
struct LabelledFiles {
  /// Sorted as a manifest has them.
  private(set) var entries: [Manifest.Entry] = []
  private(set) var findings: [Finding]

  init(
    _ plan: DatasetPlan, threads: Int, progress: (ReadingProgress) -> Void
  ) throws(ManifestError) {
    let verdicts = Digesting.verdicts(
      of: plan.candidates.map { "\(plan.folders[$0.part])/\($0.path)" }, threads: threads,
      progress: progress)

    findings = plan.findings
    for (candidate, verdict) in zip(plan.candidates, verdicts) {
      switch verdict {
      case .failure(let refusal):
        let shown = plan.folders.shown(candidate.path, candidate.part)
        // Which photographs are in the dataset must not depend on what the machine lacks just now.
        if case .unreadable(let number) = refusal.reason, SystemError.concernsMachine(number) {
          throw .unreadableFile(shown, errorNumber: number)
        }
        findings.append(
          Finding(
            path: shown, reason: refusal.reason, classes: [plan.classes[candidate.classIndex]]))
      case .success(let content):
        entries.append(
          Manifest.Entry(
            path: candidate.path, part: candidate.part, classIndex: candidate.classIndex,
            byteCount: content.byteCount, digest: content.digest))
      }
    }
    entries.sort(by: Manifest.Entry.isBefore)
  }
}
