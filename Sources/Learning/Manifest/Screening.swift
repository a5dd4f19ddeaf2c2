import Digest
import Images
import Threading

/// Which contents of a dataset can't be decoded: found before training, so that whoever has to mend
/// files hears of all of them at once.
struct Screening {
  /// With what the decoder says of each.
  private(set) var undecodable: [ContentDigest: String] = [:]

  /// The decoders want some.
  private static let stackBytes = 4 << 20

  /// Decodes the photographs, on `threads` threads, of which the caller's is one; `progress` is
  /// called there. A JPEG is decoded at an eighth of its size: that looks at all its data, which
  /// decide whether it is whole, and costs a fraction of a forward pass.
  ///
  /// Throws where this machine can't read or decode a file for the moment. One that has gone or
  /// changed since it was digested is left for later.
  init(
    _ entries: [Manifest.Entry], in folders: DatasetFolders, threads: Int,
    progress: (_ done: Int) -> Void
  ) throws(ManifestError) {
    let refusals = try concurrentMap(
      count: entries.count, threads: threads, name: "tl-screen", stackBytes: Self.stackBytes,
      progress: progress,
      buffers: { () throws(ManifestError) in
        do throws(ImageError) {
          return try ImageDecoder()
        } catch {
          throw .undecided("a decoder", error.description)
        }
      },
      compute: { (index, decoder: inout ImageDecoder) throws(ManifestError) in
        try Self.refusal(of: entries[index], in: folders, &decoder)
      })
    for (entry, refusal) in zip(entries, refusals) {
      if let refusal { undecodable[entry.digest] = refusal }
    }
  }

  /// What the decoder says of a photograph that it can't decode.
  private static func refusal(
    of entry: Manifest.Entry, in folders: DatasetFolders, _ decoder: inout ImageDecoder
  ) throws(ManifestError) -> String? {
    let file: [UInt8]
    do throws(ManifestError) {
      file = try entry.read(in: folders)
    } catch {
      if error.concernsMachine { throw error }
      return nil
    }
    do throws(ImageError) {
      try decoder.check(file)
      return nil
    } catch {
      guard error.isUndecodable else {
        throw .undecided(folders.shown(entry), error.description)
      }
      return error.description
    }
  }
}
