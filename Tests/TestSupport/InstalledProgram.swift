import Foundation

/// A program of this machine, which tests ask something where it is there.
public struct InstalledProgram: Sendable {
  private let path: String

  /// Nil where it isn't on the search path.
  public init?(_ name: String) {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let paths = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { return nil }
    self.path = path
  }

  /// The interpreter that `TL_PYTHON` names, `python3` otherwise; nil where it isn't there or lacks one
  /// of the modules.
  public static func python(with modules: String...) -> InstalledProgram? {
    let name = ProcessInfo.processInfo.environment["TL_PYTHON"] ?? "python3"
    guard let python = InstalledProgram(name),
      let answer = try? python.run(["-c", "import \(modules.joined(separator: ", "))"]),
      answer.status == 0
    else { return nil }
    return python
  }

  /// Runs it to its end, without input.
  ///
  /// - Parameters:
  ///   - folder: where it works; this process's own where it is nil
  ///   - keepingErrors: whether stderr stands among its output, or nowhere
  /// - Returns: its exit status and its output
  public func run(
    _ arguments: [String], in folder: URL? = nil, keepingErrors: Bool = true
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = keepingErrors ? pipe : FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
