import Foundation
import Testing

struct TidyTests {
  static let sourceEndings = [".swift", ".c", ".h", ".proto", ".py", ".sh"]
  static let swiftSources = ["Package.swift", "Sources", "Tests", "Fuzz"]
  static let generatedEndings = [".pb-c.c", ".pb-c.h"]

  @Test(.enabled(if: Repository.hasProgram("swift"), "swift is not on the search path"))
  func `swift-format finds nothing to say`() throws {
    let result = try Repository.run(
      "swift", ["format", "lint", "--strict", "--recursive"] + Self.swiftSources)
    #expect(result.status == 0, "make format puts this right:\n\(result.output)")
  }

  @Test func `no source file is longer than 400 lines`() {
    let lineCountMax = 400
    for file in Repository.files(endings: Self.sourceEndings)
    where !Self.generatedEndings.contains(where: { file.hasSuffix($0) }) {
      let lines = Repository.text(file)?.split(separator: "\n", omittingEmptySubsequences: false)
      let count = (lines?.count ?? 1) - 1
      #expect(
        count <= lineCountMax, "\(file) has \(count) lines: give it one subject, or two files")
    }
  }

  @Test func `only commands print`() {
    let printing = /^\s*(?:\w+\s+)?(?:print|debugPrint|dump|NSLog)\(/
    let commands = ["Sources/Commands/tl-", "Sources/Tools/tl-"]
    for file in Repository.files(below: "Sources/", endings: [".swift"])
    where !commands.contains(where: { file.hasPrefix($0) }) {
      for (number, line) in lines(of: file) where line.contains(printing) {
        Issue.record("\(file):\(number) prints; a module returns or throws what it has to say")
      }
    }
  }

  @Test func `no file names a place on somebody's machine`() {
    // Split, so that this file passes its own test.
    let places = ["home", "root", "Users", "work", "mnt"].map { "/" + $0 + "/" }
    let ahead = Set(" \t\"'`=(<>,;:[{|")
    for file in Repository.files {
      for (number, line) in lines(of: file) {
        for place in places {
          for range in line.ranges(of: place) {
            let isStart =
              range.lowerBound == line.startIndex
              || ahead.contains(line[line.index(before: range.lowerBound)])
            #expect(!isStart, "\(file):\(number) has an absolute path: \(line)")
          }
        }
      }
    }
  }

  @Test func `every script can be executed`() {
    for file in Repository.files {
      guard let text = Repository.text(file), text.hasPrefix("#!/bin/") else { continue }
      #expect(
        FileManager.default.isExecutableFile(atPath: Repository.path(file)),
        "chmod +x \(file)")
    }
  }

  @Test func `the repository stays small`() throws {
    // A fifth of it is the backbone of the demo; packed it is less than half.
    let byteCountMax = 8 << 20
    let total = try Repository.files.reduce(0) { sum, file in
      let attributes = try FileManager.default.attributesOfItem(atPath: Repository.path(file))
      return sum + (attributes[.size] as? Int ?? 0)
    }
    #expect(total < byteCountMax, "\(total) bytes are tracked")
  }

  @Test func `every module has tests, and every command's version is the newest of the changelog`()
  {
    let changelog = Repository.text("CHANGELOG.md") ?? ""
    let newest = changelog.split(separator: "\n").first { $0.hasPrefix("## ") }
    let version = (Repository.text("Sources/Commands/CommandLine/Version.swift") ?? "")
      .split(separator: "\"").dropFirst().first
    #expect(newest?.split(separator: " ").dropFirst().first == version)
    // Tested together, in DaemonTests.
    let withoutTestsOfTheirOwn: Set = ["WorkerDaemon", "CoordinatorDaemon", "DaemonSupport"]
    let modules = Set(
      Repository.files(below: "Sources/", endings: [".swift"]).compactMap {
        $0.split(separator: "/").dropFirst(2).first
      })
    for module in modules
    where !withoutTestsOfTheirOwn.contains(String(module)) && !module.hasPrefix("tl-") {
      let tests = Repository.files(below: "Tests/\(module)Tests/", endings: [".swift"])
      #expect(!tests.isEmpty, "\(module) has no tests")
    }
  }

  private func lines(of file: String) -> [(number: Int, text: Substring)] {
    (Repository.text(file) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated().map { ($0.offset + 1, $0.element) }
  }
}
