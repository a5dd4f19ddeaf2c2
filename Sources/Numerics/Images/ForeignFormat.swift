/// What a file that isn't read is, as its first bytes tell, and how to make a picture of it that is.
public struct ForeignFormat: Equatable, Sendable, CustomStringConvertible {
  /// As in "it is a PDF file".
  public let name: String
  /// What to do, as in "convert it to JPEG or PNG".
  public let advice: String
  /// Whether it is a photograph or another picture, and not a document, a film or anything else.
  public let isPicture: Bool

  public var description: String { "\(name); \(advice)" }

  /// Nil for what isn't known either.
  public init?(firstBytes bytes: some Sequence<UInt8>) {
    let start = Array(bytes.prefix(ImageFormat.signatureLengthMax))
    guard let known = Self.known.first(where: { $0.begins(start) }) else { return nil }
    name = known.name
    advice = known.advice
    isPicture = known.isPicture
  }

  private struct Known {
    let name: String
    let advice: String
    var isPicture = false
    let signatures: [(text: String, position: Int)]

    func begins(_ start: [UInt8]) -> Bool {
      signatures.contains { signature in
        start.dropFirst(signature.position).starts(with: signature.text.unicodeScalars.map(byte))
      }
    }

    /// The characters up to U+00FF stand for bytes.
    private func byte(_ scalar: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: scalar.value) }
  }

  private static func make(
    _ name: String, _ advice: String, _ signatures: (text: String, position: Int)...
  ) -> Known {
    Known(name: name, advice: advice, signatures: signatures)
  }

  private static func picture(
    _ name: String, by advice: String = converted,
    _ signatures: (text: String, position: Int)...
  ) -> Known {
    Known(name: name, advice: advice, isPicture: true, signatures: signatures)
  }

  private static let converted =
    "convert it to JPEG or PNG, as with ImageMagick's: magick FILE FILE.png"
  private static let raw = "develop it to JPEG or TIFF, as with: darktable-cli FILE FILE.jpg"
  private static let video = "take pictures out of it, as with: ffmpeg -i FILE -vf fps=1 %05d.jpg"
  private static let unpack = "unpack it"

  private static let known: [Known] = [
    picture(
      "it is a JPEG XL picture", by: "convert it, as with: djxl FILE FILE.png",
      ("\u{ff}\u{0a}", 0), ("\0\0\0\u{0c}JXL ", 0)),
    picture("it is a JPEG 2000 picture", ("\0\0\0\u{0c}jP  ", 0), ("\u{ff}\u{4f}\u{ff}\u{51}", 0)),
    picture("it is a Photoshop document", ("8BPS", 0)),
    picture("it is a GIMP document", ("gimp xcf", 0)),
    picture("it is an OpenEXR picture", ("\u{76}\u{2f}\u{31}\u{01}", 0)),
    picture("it is a Radiance picture", ("#?RADIANCE", 0), ("#?RGBE", 0)),
    picture("it is a QOI picture", ("qoif", 0)),
    picture("it is a DirectDraw surface", ("DDS ", 0)),
    picture("it is an icon", ("\0\0\u{01}\0", 0), ("icns", 0)),
    picture("it is a DjVu document", ("AT&TFORM", 0)),
    Known(
      name: "it is a picture of the Netpbm family", advice: converted, isPicture: true,
      signatures: ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "PF", "Pf"].flatMap { start in
        ["\n", "\r", "\t", " "].map { (start + $0, 0) }
      }),
    picture(
      "it is a PCX picture", ("\u{0a}\0\u{01}", 0), ("\u{0a}\u{02}\u{01}", 0),
      ("\u{0a}\u{03}\u{01}", 0), ("\u{0a}\u{04}\u{01}", 0), ("\u{0a}\u{05}\u{01}", 0)),
    picture(
      "it is an SGI picture", ("\u{01}\u{da}\0\u{01}", 0), ("\u{01}\u{da}\0\u{02}", 0),
      ("\u{01}\u{da}\u{01}\u{01}", 0), ("\u{01}\u{da}\u{01}\u{02}", 0)),
    picture("it is an XPM picture", ("/* XPM */", 0), ("! XPM2", 0)),
    // Without a colour map: true colours or grey, plain or in runs. No icon has so many zeros.
    picture(
      "it is a Targa picture", ("\0\0\u{02}\0\0\0\0\0", 0), ("\0\0\u{03}\0\0\0\0\0", 0),
      ("\0\0\u{0a}\0\0\0\0\0", 0), ("\0\0\u{0b}\0\0\0\0\0", 0),
      ("\0\u{01}\u{01}\0\0", 0), ("\0\u{01}\u{09}\0\0", 0)),
    picture("it is a Sun raster picture", ("\u{59}\u{a6}\u{6a}\u{95}", 0)),
    picture(
      "it is a DPX or Cineon picture", ("SDPX", 0), ("XPDS", 0), ("\u{80}\u{2a}\u{5f}\u{d7}", 0)),
    picture("it is a JPEG XR picture", ("II\u{bc}", 0)),
    picture("it is a FLIF picture", ("FLIF", 0)),
    picture("it is a BPG picture", ("BPG\u{fb}", 0)),
    picture("it is a farbfeld picture", ("farbfeld", 0)),
    picture("it is an MNG or JNG picture", ("\u{8a}MNG", 0), ("\u{8b}JNG", 0)),
    picture("it is a Windows metafile", ("\u{d7}\u{cd}\u{c6}\u{9a}", 0)),
    picture("it is a FITS picture", ("SIMPLE  =", 0)),
    picture(
      "it is a camera's raw file", by: raw, ("CR\u{02}", 8), ("ftypcrx ", 4),
      ("FUJIFILMCCD-RAW", 0),
      ("IIRO", 0), ("IIRS", 0), ("IIU\0", 0), ("FOVb", 0)),
    make(
      "it is a video", video, ("ftypisom", 4), ("ftypmp4", 4), ("ftypqt  ", 4), ("ftypM4V", 4),
      ("ftypavc1", 4), ("ftypiso", 4), ("ftyp3g", 4), ("\u{1a}\u{45}\u{df}\u{a3}", 0), ("AVI ", 8)),
    make("it is a sound file", "remove it", ("WAVE", 8), ("ID3", 0), ("OggS", 0), ("fLaC", 0)),
    make(
      "it is a PDF document", "convert its pages, as with: pdftoppm -jpeg FILE page", ("%PDF", 0)),
    make(
      "it is a PostScript document", "convert it to PNG", ("%!PS", 0),
      ("\u{c5}\u{d0}\u{d3}\u{c6}", 0)),
    make(
      "it is a drawing (SVG) or another XML file",
      "convert it to PNG, as with: rsvg-convert FILE -o FILE.png", ("<svg", 0), ("<?xml", 0),
      ("\u{ef}\u{bb}\u{bf}<?xml", 0)),
    make(
      "it is a web page", "fetch the picture itself", ("<!DOCTYPE html", 0), ("<!doctype html", 0),
      ("<html", 0), ("<HTML", 0), ("<head", 0)),
    make(
      "it stands for a file that Git LFS keeps elsewhere", "fetch it with: git lfs pull",
      ("version https://git-lfs", 0)),
    make(
      "it is an archive", unpack, ("PK\u{03}\u{04}", 0), ("\u{1f}\u{8b}", 0), ("BZh", 0),
      ("\u{fd}7zXZ", 0), ("7z\u{bc}\u{af}\u{27}\u{1c}", 0), ("Rar!", 0),
      ("\u{28}\u{b5}\u{2f}\u{fd}", 0)),
    make("it is an array of NumPy", "save it as PNG files", ("\u{93}NUMPY", 0)),
    make("it is an HDF5 file", "save its pictures as PNG files", ("\u{89}HDF\r\n", 0)),
  ]
}
