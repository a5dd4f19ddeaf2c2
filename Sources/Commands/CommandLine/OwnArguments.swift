import Glibc

/// The arguments of this process, as texts: the system hands them over as bytes.
public struct OwnArguments: Sendable {
  /// Without the program's own name.
  public let texts: [String]
  /// The places of those that aren't UTF-8, whose texts therefore don't name what was meant.
  public let notUTF8: Set<Int>

  /// Those of this process.
  public init() {
    var bytes: [[UInt8]] = []
    for place in 1..<max(1, Int(Swift.CommandLine.argc)) {
      // The system's list has as many zero-terminated entries as it says, for the process's lifetime.
      guard let argument = unsafe Swift.CommandLine.unsafeArgv[place] else { break }
      let count = unsafe strlen(argument)
      bytes.append((0..<count).map { unsafe UInt8(bitPattern: argument[$0]) })
    }
    self.init(bytes)
  }

  public init(_ bytes: [[UInt8]]) {
    texts = bytes.map { String(decoding: $0, as: UTF8.self) }
    notUTF8 = Set(bytes.indices.filter { String(validating: bytes[$0], as: UTF8.self) == nil })
  }
}
