import Glibc

/// A parser that sees foreign bytes, as libFuzzer drives it.
struct FuzzTarget: Sendable {
  /// As `Fuzz/run.sh` knows it.
  let name: String
  /// Sound inputs to begin with.
  let seeds: @Sendable () -> [[UInt8]]
  /// Feeds the parser. Anything that it does with bad bytes but throwing its typed error is a find:
  /// a trap, a memory error, a leak, an allocation over the limit, or a broken `precondition` here.
  let test: @Sendable ([UInt8]) -> Void

  static let all: [FuzzTarget] =
    messageTargets + networkTargets + imageTargets + fileTargets + archiveTargets
    + requestTargets

  /// The one that the environment names.
  static let selected: FuzzTarget = {
    // unsafe: the text is copied at once.
    let name = unsafe getenv("TL_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = all.first(where: { $0.name == name }) else {
      fatalError("TL_FUZZ_TARGET names none of \(all.map(\.name))")
    }
    return target
  }()
}

/// libFuzzer calls it once at the start. With `--seeds FOLDER` it writes the target's seeds there
/// and ends the process.
@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  // unsafe: the arguments of main.
  guard unsafe count.pointee == 3, let flag = unsafe arguments.pointee[1],
    unsafe strcmp(flag, "--seeds") == 0, let folder = unsafe arguments.pointee[2]
  else { return 0 }
  for (number, seed) in FuzzTarget.selected.seeds().enumerated() {
    let path = unsafe String(cString: folder) + "/seed-\(number)"
    guard let file = unsafe fopen(path, "wb") else { fatalError("can't write \(path)") }
    let written = unsafe fwrite(seed, 1, seed.count, file)
    guard unsafe fclose(file) == 0, written == seed.count else { fatalError("can't write \(path)") }
  }
  exit(0)
}

/// libFuzzer calls it with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  // unsafe: libFuzzer's input, for the time of the call.
  let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: byteCount))
  FuzzTarget.selected.test(input)
  return 0
}
