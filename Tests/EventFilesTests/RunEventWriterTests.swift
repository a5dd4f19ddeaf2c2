import Digest
import EventFiles
import Files
import Foundation
import RunFiles
import TestSupport
import Testing

/// What TensorBoard is told of a run.
@Suite final class RunEventWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func line(_ event: ProgressEvent, step: UInt64, epoch: Int = 0) -> ProgressLine {
    ProgressLine(
      time: Timestamp(millisecondsSince1970: 1_700_000_000_500), step: step, epoch: epoch,
      event: event)
  }

  private func step(_ number: UInt64, loss: Double?) -> ProgressLine {
    line(
      .step(
        StepRange(
          first: number - 1, last: number - 1, samples: 32, skipped: 0, trainLoss: loss,
          imagesPerSecond: nil)),
      step: number)
  }

  private func epoch(step: UInt64) -> ProgressLine {
    line(
      .epoch(
        EpochResult(
          samples: 32, skipped: 0,
          metrics: EpochMetrics(
            trainLoss: 0.5, trainAccuracy: 0.75, validationLoss: 1, validationAccuracy: 0.25),
          head: .sha256([]))),
      step: step)
  }

  /// The records of all files of a folder, in the order in which TensorBoard reads them.
  private func records(_ part: String) throws -> [Record] {
    let inner = "\(folder.path)/tensorboard/\(part)"
    return try Files.names(in: inner).flatMap { name in
      try Record.all(in: [UInt8](Data(contentsOf: URL(filePath: "\(inner)/\(name)"))))
    }
  }

  @Test func `the check is Castagnoli's`() {
    // RFC 3720, appendix B.4.
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
  }

  @Test func `steps and epochs become curves of two folders`() throws {
    let writer = RunEventWriter(run: folder.path)
    try writer.take(step(1, loss: 1.5))
    try writer.take(step(2, loss: nil))
    try writer.take(epoch(step: 2))
    try writer.take(line(.warning("nothing for TensorBoard"), step: 2))
    let training = try records("training")
    #expect(training.map(\.step) == [0, 1, 2, 2])
    #expect(training.first?.version == "brain.Event:2")
    #expect(training.allSatisfy { $0.time == 1_700_000_000.5 })
    #expect(training.dropFirst().map(\.tag) == ["step/loss", "epoch/loss", "epoch/accuracy"])
    #expect(training.dropFirst().map(\.number) == [1.5, 0.5, 0.75])
    let validation = try records("validation")
    #expect(validation.dropFirst().map(\.tag) == ["epoch/loss", "epoch/accuracy"])
    #expect(validation.dropFirst().map(\.number) == [1, 0.25])
  }

  @Test func `a run that goes on voids what was told of later steps, in a file of its own`() throws
  {
    try RunEventWriter(run: folder.path).take(step(5, loss: 1))
    let second = RunEventWriter(run: folder.path)
    try second.take(line(.resume(fromStep: 3), step: 3))
    try second.take(step(4, loss: 2))
    let training = try records("training")
    #expect(training.map(\.step) == [0, 5, 0, 4, 4])
    #expect(training.map(\.isRestart) == [false, false, false, true, false])
    #expect(try Files.names(in: folder.path + "/tensorboard/training").count == 2)
    try second.clear()
    #expect(try Files.names(in: folder.path + "/tensorboard/training").isEmpty)
  }

  @Test func `pictures have their size, and what is no such picture is refused`() throws {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let header: [UInt8] = [0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 1, 2, 0, 0, 0, 7, 8, 2]
    let file = try #require(PNGFile(signature + header))
    #expect(file.width == 258 && file.height == 7)
    #expect(PNGFile(signature + header.dropLast() + [6]) == nil)
    #expect(PNGFile(signature) == nil && PNGFile([]) == nil)
    try RunEventWriter(run: folder.path).add([(tag: "validation/predictions", file: file)], step: 9)
    let last = try #require(try records("validation").last)
    #expect(last.tag == "validation/predictions" && last.step == 9)
    #expect(last.image == Array(signature + header))
  }

  @Test func `what is removed is noticed, and so is another file in its place`() throws {
    let writer = RunEventWriter(run: folder.path)
    #expect(writer.isInPlace)
    try writer.take(epoch(step: 1))
    #expect(writer.isInPlace)
    let training = folder.path + "/tensorboard/training"
    let file = training + "/" + (try #require(try Files.names(in: training).first))
    try FileManager.default.moveItem(atPath: file, toPath: file + ".old")
    #expect(!writer.isInPlace)
    try FileManager.default.copyItem(atPath: file + ".old", toPath: file)
    #expect(!writer.isInPlace)
    let anew = RunEventWriter(run: folder.path)
    try anew.take(epoch(step: 1))
    try FileManager.default.removeItem(atPath: folder.path + "/tensorboard")
    #expect(!anew.isInPlace)
  }

  @Test func `a folder that can't be written is named`() throws {
    try folder.write([1], to: "tensorboard")
    let writer = RunEventWriter(run: folder.path)
    let error = #expect(throws: SystemError.self) { try writer.take(epoch(step: 1)) }
    #expect(error?.path.hasPrefix(folder.path + "/tensorboard") == true)
  }
}
