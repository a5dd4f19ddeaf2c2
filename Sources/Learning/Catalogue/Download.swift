import Digest
import Files
import Transfer

/// Fetches one file from whichever of its addresses gives it.
struct Download {
  let entry: CatalogueEntry
  let addresses: [String]
  let limits: FetchLimits
  let tell: (FetchEvent) -> Void

  /// What came of each address, in plain words.
  private(set) var failures: [String] = []

  init(
    _ entry: CatalogueEntry, addresses: [String], limits: FetchLimits,
    tell: @escaping (FetchEvent) -> Void
  ) {
    self.entry = entry
    self.addresses = addresses
    self.limits = limits
    self.tell = tell
  }

  /// Returns whether the file came, whole and as its digest says. What came stays in the file for the
  /// next time, unless it is known to be wrong.
  ///
  /// - Throws: where it can't be written
  mutating func run(into file: PartialFile) throws(SystemError) -> Bool {
    if file.isWhole {
      // Ended before it was given its name, or put there by somebody.
      if file.takeDigest() == entry.digest { return true }
      try file.beginAnew()
    }
    for address in addresses {
      if try fetch(from: address, into: file) { return true }
    }
    return false
  }

  private mutating func fetch(
    from address: String, into file: PartialFile
  ) throws(SystemError) -> Bool {
    var attempts = 0
    while true {
      attempts += 1
      let before = file.byteCount
      tell(.asking(address: address, from: before))
      var failure: TransferError?
      do throws(TransferError) {
        try Transfer.get(address, from: before, limits: limits.transfer, into: file)
      } catch {
        if case .unwritable(let failure) = file.refusal { throw failure }
        failure = error
      }
      if file.isWhole {
        let wasContinued = file.wasContinued
        let digest = file.takeDigest()
        if digest == entry.digest { return true }
        try file.beginAnew()
        // The wrong bytes may have come from somewhere else, or be those of an edition that is gone.
        if wasContinued, attempts < limits.attemptsMax {
          tell(.startingAnew(address: address))
          continue
        }
        fail(address, "it is another file: its SHA-256 is \(digest)")
        return false
      }
      guard let failure else {
        fail(address, "the file ends after \(file.byteCount) of \(entry.byteCount) bytes")
        return false
      }
      // Whoever has gone on is asked again.
      let hasGoneOn = file.byteCount > before
      guard failure.mayPass, hasGoneOn, attempts < limits.attemptsMax else {
        fail(address, reason(failure, file))
        return false
      }
      tell(.continuing(address: address, reason: failure.reason))
    }
  }

  private mutating func fail(_ address: String, _ reason: String) {
    failures.append("\(address): \(reason)")
    tell(.failed(address: address, reason: reason))
  }

  private func reason(_ error: TransferError, _ file: PartialFile) -> String {
    guard error.kind == .refused else { return error.reason }
    return switch file.refusal {
    case .otherLength(let length):
      "it is another file: it has \(length) bytes instead of \(entry.byteCount)"
    case .tooLong: "it is another file: it has more than \(entry.byteCount) bytes"
    case .otherPart: "the server sends another part of the file than it was asked for"
    case .unwritable, nil: error.reason
    }
  }
}
