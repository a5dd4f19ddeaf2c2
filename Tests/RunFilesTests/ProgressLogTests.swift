import Digest
import Foundation
import RunFiles
import TestSupport
import Testing
import Training

private let events: [ProgressEvent] = [
  .start(
    RunStart(
      run: "flowers", listen: "127.0.0.1:5555", classes: testClasses, trainingSamples: 515,
      validationSamples: 221, batchSize: 32, epochs: 12, steps: 204, seed: .max,
      inputs: testInputs,
      unmeasured: UnmeasuredClasses(unvalidated: ["daisy"], untested: ["daisy", "rose"]))),
  .workerJoined(worker: "laptop", threads: 4),
  .workerLost(worker: "laptop", reason: "silent"),
  .workerFaulty(worker: "laptop", id: 0x0123_4567_89ab_cdef, reason: "its features are wrong"),
  .step(
    StepRange(
      first: 3, last: 7, samples: 159, skipped: 1, trainLoss: 0.1 + 0.2, imagesPerSecond: nil)),
  .epoch(
    EpochResult(
      samples: 514, skipped: 1,
      metrics: EpochMetrics(
        trainLoss: 0.5, trainAccuracy: 0.75, validationLoss: nil, validationAccuracy: 1.0 / 3),
      head: ContentDigest.sha256([]))),
  .skipped(SkippedSamples(fromStep: 7, isEvaluation: true, samples: [0, 4_294_967_295])),
  .checkpoint(file: "step-00000480.safetensors"),
  .resume(fromStep: 480),
  .rollback(fromStep: 0, reason: "worker 7 lied"),
  .warning("two\nlines"), .stopped("interrupted; continue it with --resume"),
  .finished(
    RunResult(validationAccuracy: 0.844, head: ContentDigest.sha256([1]), seconds: 12.5)),
]

struct ProgressLogTests {
  @Test func `every event comes back, and shares time, event, step and epoch`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/progress.jsonl"
    let lines = events.enumerated().map { line(UInt64($0.offset), $0.element, epoch: $0.offset) }
    do {
      var log = try ProgressLog(path: path)
      for line in lines { try log.append(line) }
      #expect(log.cutByteCount == 0)
    }
    var reader = ProgressReader(path: path)
    #expect(try reader.next() == lines)
    #expect(try reader.next().isEmpty)
    let text = String(decoding: try folder.read("progress.jsonl"), as: UTF8.self)
    for (index, text) in text.split(separator: "\n").enumerated() {
      #expect(
        text.hasPrefix(
          "{\"time\":\"2026-09-21T14:13:20.123Z\",\"event\":\"\(events[index].name)\","
            + "\"step\":\(index),\"epoch\":\(index),"))
    }
  }

  @Test func `a log that somebody removes or replaces is no longer written`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/progress.jsonl"
    var log = try ProgressLog(path: path)
    try log.append(line(0, events[1]))
    try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
    #expect(throws: RunFilesError.self) { try log.append(line(1, events[2])) }
    try folder.write(Array("another".utf8), to: "progress.jsonl")
    #expect(throws: RunFilesError.self) { try log.append(line(2, events[3])) }
    // Where it is back, what waited is written, and nothing is missing.
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
    try log.append(line(3, events[4]))
    var reader = ProgressReader(path: path)
    #expect(try reader.next() == (0..<4).map { line(UInt64($0), events[$0 + 1]) })
  }

  @Test func `a torn last line is cut off when the log is opened, wherever it is torn`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/progress.jsonl"
    let (first, second) = (line(1, events[3]), line(2, events[4]))
    for count in 0..<second.encoded().count {
      try folder.write(first.encoded() + second.encoded()[..<count], to: "progress.jsonl")
      var log = try ProgressLog(path: path)
      #expect(log.cutByteCount == count)
      try log.append(second)
      #expect(try folder.read("progress.jsonl") == first.encoded() + second.encoded())
    }
    try folder.write(Array(repeating: 32, count: 200_000), to: "progress.jsonl")
    #expect(try ProgressLog(path: path).cutByteCount == 200_000)
  }

  @Test func `a reader follows a growing file and leaves what is unfinished for later`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/progress.jsonl"
    var reader = ProgressReader(path: path)
    #expect(try reader.next().isEmpty)
    let all = events.enumerated().map { line(UInt64($0.offset), $0.element) }
    let bytes = all.flatMap { $0.encoded() }
    var found: [ProgressLine] = []
    for count in stride(from: 0, through: bytes.count, by: 7) {
      try folder.write(Array(bytes[..<count]), to: "progress.jsonl")
      found += try reader.next()
      #expect(found == Array(all[..<found.count]))
    }
    try folder.write(bytes, to: "progress.jsonl")
    found += try reader.next()
    #expect(found == all)
    // A shorter file is a new one.
    try folder.write(all[0].encoded(), to: "progress.jsonl")
    #expect(try reader.next() == [all[0]])
  }

  @Test func `lines that aren't of a log are counted, and unknown events keep their name`() throws {
    let folder = try TemporaryFolder()
    let good = line(1, .warning("x")).encoded()
    let text = String(decoding: good, as: UTF8.self)
    let damaged = [
      "{}", "nonsense", "[1]", "\u{0}\u{0}", text.replacing("\"step\":1", with: "\"step\":-1"),
      text.replacing("\"time\":\"20", with: "\"time\":\"2x"),
    ]
    let unknown = [
      text.replacing("warning", with: "party"), text.replacing("message", with: "massage"),
    ]
    var bytes: [UInt8] = []
    for line in damaged + unknown {
      bytes += Array(line.trimmingCharacters(in: .newlines).utf8) + [UInt8(ascii: "\n")] + good
    }
    try folder.write(bytes, to: "progress.jsonl")
    var reader = ProgressReader(path: folder.path + "/progress.jsonl")
    let events = try reader.next().map(\.event)
    #expect(reader.unreadableLineCount == damaged.count)
    #expect(events.count { $0 == .warning("x") } == damaged.count + unknown.count)
    #expect(events.contains(.unknown("party")) && events.contains(.unknown("warning")))
  }

  @Test func `a moment is written as RFC 3339 and read back, over all centuries`() {
    for (milliseconds, text) in [
      (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (951_868_799_999, "2000-02-29T23:59:59.999Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)] {
      #expect(Timestamp(millisecondsSince1970: milliseconds).description == text)
      #expect(Timestamp(text)?.millisecondsSince1970 == milliseconds)
    }
    for milliseconds in stride(from: Int64(0), to: 253_402_300_000_000, by: 86_399_999 * 31) {
      let moment = Timestamp(millisecondsSince1970: milliseconds)
      #expect(Timestamp(moment.description) == moment)
    }
    for text in [
      "", "2026", "2026-02-30T00:00:00.000Z", "2026-13-01T00:00:00.000Z",
      "2026-01-01 00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:00:00.0000",
      "1969-12-31T23:59:59.999Z", "2é26-01-01T00:00:00.000",
    ] {
      #expect(Timestamp(text) == nil, "\(text)")
    }
  }
}
