import CommandLine
import Figures
import Files
import Glibc
import Images
import RunFiles

/// Why a report can't be made.
public struct ReportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Names the thing and says what to do next.
  public let description: String
}

extension RunReport {
  /// The names of what `write` leaves in a run's folder.
  public static let pageName = "report.html"
  public static let curvesName = "curves.png"
  public static let predictionsName = "predictions.png"

  /// Writes the page, and the curves and predictions as pictures for slides, into a folder. Each file is
  /// there whole, or as it was before.
  public func write(
    into folder: String, fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(ReportError) {
    let shown = (try? validation.get().predictions) ?? []
    let files: [(String, [UInt8])]
    do {
      files = [
        // The page first: it says most, where a disk has room for some.
        (Self.pageName, Array(try html().utf8)),
        (Self.curvesName, try Figure.curves(view.epochs).png()),
        (Self.predictionsName, try Figure.predictions(shown).png(scale: Figure.tileScale)),
      ]
    } catch {
      throw ReportError(description: "the report can't be made: \(error)")
    }
    do throws(SystemError) {
      for (name, bytes) in files {
        let path = "\(folder)/\(name)"
        // Two processes may write a report at the same time.
        try fileSystem.replaceFile(
          path, with: bytes, temporary: "\(path)\(temporarySuffix)-\(getpid())")
      }
    } catch {
      throw ReportError(
        description: "the report can't be written: \(error); make room there, or mend its rights")
    }
  }
}
