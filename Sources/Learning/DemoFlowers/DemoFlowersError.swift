import Files
import Images

/// Why the demo's photographs could not be made.
public enum DemoFlowersError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system refused to write.
  case notWritable(SystemError)
  case notEncodable(ImageError)

  public var description: String {
    switch self {
    case .notWritable(let error):
      "cannot write \(error); free some space or set XDG_CACHE_HOME to a folder that you may write to"
    case .notEncodable(let error): "a demo photograph \(error)"
    }
  }
}

/// Calls what works on the disk, in the demo's own words where that fails.
func written<Result: ~Copyable>(
  _ body: () throws(SystemError) -> Result
) throws(DemoFlowersError) -> Result {
  do throws(SystemError) { return try body() } catch { throw .notWritable(error) }
}
