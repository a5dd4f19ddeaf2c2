import Images
import Testing

/// What keeps a file from being decoded; nil where nothing does.
func decodingError(of file: [UInt8]) -> ImageError? {
  do throws(ImageError) {
    var decoder = try ImageDecoder()
    _ = try decoder.decode(file)
    return nil
  } catch {
    return error
  }
}

/// Flips single bits all over a file, each of which has to give an error of the file's own or a picture,
/// and the same again.
func expectSameAnswersToFlippedBits<Answer: Equatable>(
  of file: [UInt8], sourceLocation: SourceLocation = #_sourceLocation,
  decode: ([UInt8]) throws(ImageError) -> Answer
) {
  func answer(_ file: [UInt8]) -> Result<Answer, ImageError> {
    do throws(ImageError) { return .success(try decode(file)) } catch { return .failure(error) }
  }
  for index in stride(from: 0, to: file.count, by: 5) {
    var changed = file
    changed[index] ^= 1 << UInt8(index % 8)
    let first = answer(changed)
    if case .failure(let error) = first {
      #expect(error.isUndecodable, "\(index): \(error)", sourceLocation: sourceLocation)
    }
    #expect(answer(changed) == first, "\(index)", sourceLocation: sourceLocation)
  }
}
