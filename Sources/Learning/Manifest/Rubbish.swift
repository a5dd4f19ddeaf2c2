/// What systems, archives and devices leave among photographs and nobody put there. It is passed
/// over wherever it lies.
package enum Rubbish {
  /// In lower case: archives of macOS, network disks of Synology and QNAP, notebooks, Windows.
  package static let folders: Set<String> = [
    "__macosx", "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot",
    ".ipynb_checkpoints", "__pycache__", "$recycle.bin", "system volume information", "lost+found",
    "recycler", ".trashes",
  ]

  private static let files: Set<String> = [
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "picasa.ini", "icon\r",
    "zbthumbnail.info", "albumart.ini",
  ]

  /// Windows marks what was downloaded, Synology keeps attributes, each in a file beside the file.
  private static let endings = [
    ":zone.identifier", "@synoeastream", "@synoresource",
    // What telephones and programs for photographs note beside each: edits, ratings, places.
    ".aae", ".xmp", ".supplemental-metadata.json",
  ]

  static func isFolder(_ name: String) -> Bool { folders.contains(name.lowercased()) }

  static func isFile(_ name: String) -> Bool {
    let name = name.lowercased()
    if files.contains(name) || endings.contains(where: { name.hasSuffix($0) }) { return true }
    // Google's archives have "1.jpg.json" beside "1.jpg".
    return name.hasSuffix(".json") && PictureName.isPicture(String(name.dropLast(5)))
  }
}
