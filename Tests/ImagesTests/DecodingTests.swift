import Digest
import Foundation
import Images
import TestSupport
import Testing

struct DecodingTests {
  @Test func `every kind of PNG decodes to the pixels it stands for`() throws {
    var decoder = try ImageDecoder()
    for (kind, file, digest) in PNGFixtures.all {
      let picture = try decoder.decode(file)
      #expect(picture.width == 11 && picture.height == 9)
      #expect(ContentDigest.sha256(picture.pixels).description == digest, "\(kind)")
      #expect(decoder.warnings.isEmpty, "\(kind)")
    }
  }

  // 16 × 8 pixels, the left half red-brown and the right half dark brown, in Photoshop's inverted
  // inks; once as they are and once as luma and chroma.
  static let cmyk = """
    /9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggL\
    CAkKCgoKCgYICwwLCgwJCgoK/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYH\
    CAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBka\
    JSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeo\
    qaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD9IK8P\
    r8x6/fyvtyvcK+N6/AOv/9k=
    """
  static let ycck = """
    /9j/7gAOQWRvYmUAZAAAAAAC/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggL\
    CAkKCgoKCgYICwwLCgwJCgoK/9sAQwECAgICAgIFAwMFCgcGBwoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK\
    CgoKCgoKCgoKCgoKCgoKCgoK/8AAFAgACAAQBAERAAIRAQMRAQQRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYH\
    CAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBka\
    JSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeo\
    qaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAA\
    AAABAgMEBQYHCAkKC//EALURAAIBAgQEAwQHBQQEAAECdwABAgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy\
    0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWW\
    l5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/j5+v/aAA4EAQACEQMR\
    BAAAPwC5X9UH8Tn7+V4nX9WH5efgHX//2Q==
    """

  @Test(arguments: [cmyk, ycck])
  func `four inks are mixed into red, green and blue`(base64: String) throws {
    let file = Array(try #require(Data(base64Encoded: base64)))
    var decoder = try ImageDecoder()
    let picture = try decoder.decode(file)
    #expect(picture.width == 16 && picture.height == 8)
    for pixel in 0..<128 {
      let expected = pixel % 16 < 8 ? [200, 100, 50] : [128, 64, 0]
      for colour in 0..<3 {
        #expect(abs(Int(picture.pixels[3 * pixel + colour]) - expected[colour]) <= 2)
      }
    }
  }

  @Test(.enabled(if: TestData.isPresent, Comment(rawValue: TestData.absence)))
  func `all real photographs decode without a warning`() throws {
    let folder = try #require(TestData.flowers)
    var decoder = try ImageDecoder()
    var count = 0
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder)
    where path.hasSuffix(".jpg") {
      let file = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(path)")))
      let picture = try decoder.decode(file)
      #expect(picture.pixels.count > 30_000)
      #expect(decoder.warnings.isEmpty, "\(path): \(decoder.warnings)")
      count += 1
    }
    #expect(count == 736)
  }
}
