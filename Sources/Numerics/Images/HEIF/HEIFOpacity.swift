/// An auxiliary picture that says how opaque another one is.
struct HEIFOpacity {
  let id: HEIFFile.ItemID
  let item: HEIFFile.Item
  let properties: HEIFProperties

  /// What marks one, in AVIF and in HEIC.
  fileprivate static let types = [
    "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1",
  ]

  /// Whether the colours of the other picture are multiplied by it.
  func isPremultiplied(in other: HEIFFile.Item) -> Bool {
    other.references.contains { $0.type == "prem" && $0.targets.contains(id) }
  }
}

extension HEIFFile {
  /// The opacity of each of these pictures that has one; of several the one with the lowest number.
  func opacities(of wanted: Set<ItemID>) throws(ImageError) -> [ItemID: HEIFOpacity] {
    var found: [ItemID: HEIFOpacity] = [:]
    for (id, item) in items.sorted(by: { $0.key < $1.key }) {
      var targets: [ItemID] = []
      for reference in item.references where reference.type == "auxl" {
        targets += reference.targets.filter { wanted.contains($0) && found[$0] == nil }
      }
      guard !targets.isEmpty else { continue }
      let properties = try HEIFProperties(of: item, in: self)
      guard let type = properties.auxiliaryType, HEIFOpacity.types.contains(type) else { continue }
      for target in targets {
        found[target] = HEIFOpacity(id: id, item: item, properties: properties)
      }
    }
    return found
  }
}
