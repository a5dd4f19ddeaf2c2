import Digest
import Figures

/// A page that a server of `tl` shows: markup, style and script in one file, the same for every run. What
/// it shows it asks for as JSON and puts in as text, never as markup.
public struct ServedPage: Sendable {
  public let bytes: [UInt8]
  /// The content security policy: the page's own style and script run, nothing else, whatever a name may
  /// contain.
  public let policy: String

  /// - Parameters:
  ///   - sheet: what it needs beside `ReportStyle.sheet`.
  ///   - images: the sources that its pictures may have, as the policy says it.
  public init(markup: String, sheet: String, script: String, images: String) {
    let style = "\n\(ReportStyle.sheet)\n\(sheet)\n"
    bytes = Array(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>tl</title>
      <link rel="icon" href="data:,">
      <style>\(style)</style>
      </head>
      <body>
      \(markup)
      <script>\(script)</script>
      </body>
      </html>

      """.utf8)
    func digest(_ text: String) -> String {
      base64(Array(ContentDigest.sha256(Array(text.utf8)).bytes))
    }
    policy =
      "default-src 'none'; script-src 'sha256-\(digest(script))'; style-src 'sha256-\(digest(style))'; "
      + "img-src \(images); connect-src 'self'; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'"
  }
}
