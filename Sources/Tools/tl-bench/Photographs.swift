import CommandLine
import Digest
import Foundation
import Images

let dataOption = Option<String?>("data", .text("DIR"), "a folder of photographs")

/// The bytes of all JPEG and PNG files in the folder that `--data` names, in the order of their
/// paths, so that reading the disk is no part of what is measured. Throws for one that can't be
/// decoded: giving it up early would make the figure better than it is.
func readPhotographs(_ settings: Settings) throws -> [[UInt8]] {
  guard let folder = settings[dataOption] else {
    throw CommandLineError(.usage, "--data is missing", advice: "Name a folder of photographs.")
  }
  guard let paths = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] else {
    throw CommandLineError(.inputOutput, "can't read \(folder)")
  }
  let files = paths.sorted().compactMap { path -> [UInt8]? in
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)"),
      ImageFormat(firstBytes: data.prefix(ImageFormat.signatureLengthMax)) != nil
    else { return nil }
    return Array(data)
  }
  var decoder = try ImageDecoder()
  for file in files { _ = try decoder.decode(file) }
  guard !files.isEmpty else {
    throw CommandLineError(.data, "there is no JPEG or PNG file in \(folder)")
  }
  return files
}

/// Decodes, resizes and crops the photographs one after the other, from a place of the thread's
/// own on, and hands each input to `use`.
/// - Returns: how many there were time for.
func preprocessInTurn(
  _ photographs: [[UInt8]], height: Int, width: Int, until end: Double,
  use: (Span<UInt8>) -> Void
) -> Int {
  do {
    var preprocessor = try Preprocessor(inputHeight: height, inputWidth: width, fit: .crop)
    var pixels = [UInt8](repeating: 0, count: preprocessor.inputByteCount)
    let unused = ContentDigest.sha256([])
    var count = 0
    var next = Int.random(in: photographs.indices)
    while monotonicSeconds() < end {
      var span = pixels.mutableSpan
      try preprocessor.preprocess(photographs[next], digest: unused, variant: 0, into: &span)
      use(pixels.span)
      count += 1
      next = (next + 1) % photographs.count
    }
    return count
  } catch {
    preconditionFailure("every photograph was decoded before: \(error)")
  }
}
