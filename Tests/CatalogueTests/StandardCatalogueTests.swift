import Catalogue
import MobileNet
import Testing

/// The facts themselves can't be tested without a network: what can, is that they are well formed.
struct StandardCatalogueTests {
  @Test func `names, files and digests are different`() {
    let entries = Catalogue.standard.entries
    #expect(Set(entries.map(\.name)).count == entries.count)
    #expect(Set(entries.map(\.fileName)).count == entries.count)
    #expect(Set(entries.map(\.digest)).count == entries.count)
  }

  @Test func `every entry says where it is, whose it is and where that was seen`() {
    for entry in Catalogue.standard.entries {
      #expect(!entry.addresses.isEmpty && !entry.licence.isEmpty && !entry.sources.isEmpty)
      #expect(!entry.fileName.contains("/") && entry.byteCount > 1_000_000)
      for address in entry.addresses {
        #expect(address.hasPrefix("https://") || address.hasPrefix("http://"))
        #expect(address.hasSuffix("/" + entry.fileName), "\\(address)")
      }
    }
  }

  @Test func `a name means photographs or a network, never both`() {
    let catalogue = Catalogue.standard
    #expect(catalogue.photographs("flowers")?.fileName == "flower_photos.tgz")
    #expect(catalogue.network("flowers") == nil)
    #expect(catalogue.network("mobilenet-v2")?.fileName == "mobilenetv2-12.onnx")
    #expect(catalogue.photographs("mobilenet-v2") == nil)
    #expect(catalogue.photographs("nothing") == nil)
  }

  @Test func `a network is prepared as the table of known files says`() {
    for entry in Catalogue.standard.entries {
      guard case .network(let preprocess) = entry.contents else { continue }
      #expect(KnownNetwork.of(entry.digest)?.preprocess == preprocess, "\(entry.name)")
    }
  }
}
