import Files
import Glibc

/// The options that a configuration file gives: `name = value` a line, `#` begins a comment line.
/// The last line of a name counts. Throws with exit code 78 and names file and line.
func configurationEntries(
  in text: String, named path: String, program: String, command: Command
) throws(CommandLineError) -> [String: String] {
  var entries: [String: String] = [:]
  let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  for (index, line) in lines.enumerated() {
    let line = trimmed(line)
    if line.isEmpty || line.hasPrefix("#") { continue }
    let place = "line \(index + 1) of \(printable(path))"
    guard let equals = line.firstIndex(of: "=") else {
      throw CommandLineError(
        .configuration, "\(place) is not 'name = value': '\(printable(line))'",
        advice: "Write one option a line, such as 'epochs = 12'; '#' begins a comment.")
    }
    let name = trimmed(line[..<equals])
    let value = trimmed(line[line.index(after: equals)...])
    let options = command.options.filter { $0.name != configurationOption.declaration.name }
    guard let option = options.first(where: { $0.name == name }) else {
      throw CommandLineError(
        .configuration, "\(place): there is no option '\(printable(name))'",
        advice: joined(
          didYouMean(name, among: options.map(\.name)),
          "'\(program) \(command.name) --help' lists what there is."))
    }
    try check(value, for: option, as: "\(place): '\(name)'", .configuration)
    entries[name] = value
  }
  return entries
}

private func trimmed(_ text: some StringProtocol) -> String {
  var rest = Substring(text)
  while rest.first?.isWhitespace == true { rest.removeFirst() }
  while rest.last?.isWhitespace == true { rest.removeLast() }
  return String(rest)
}

/// The text of a file that people wrote by hand: at most 1 MiB of UTF-8.
public func readTextFile(at path: String) throws(CommandLineError) -> String {
  let byteCountMax = 1 << 20
  // The path is passed as a C string that lives for the call.
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw unreadable(path, errno) }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: byteCountMax + 1)
  var count = 0
  while count < bytes.count {
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      // Reads into the rest of the buffer, whose length it is given.
      unsafe read(descriptor, buffer.baseAddress! + count, buffer.count - count)
    }
    if got < 0 && errno == EINTR { continue }
    guard got >= 0 else { throw unreadable(path, errno) }
    if got == 0 { break }
    count += got
  }
  guard count <= byteCountMax else {
    throw CommandLineError(
      .configuration, "\(printable(path)) is larger than 1 MiB",
      advice: "A configuration file has one 'name = value' a line.")
  }
  guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
    throw CommandLineError(
      .configuration, "\(printable(path)) is not UTF-8 text",
      advice: "A configuration file has one 'name = value' a line.")
  }
  return text
}

private func unreadable(_ path: String, _ code: Int32) -> CommandLineError {
  CommandLineError(
    .configuration, "can't read \(printable(path)): \(SystemError.reason(code))",
    advice: "Check the name of the file and the right to read it.")
}
