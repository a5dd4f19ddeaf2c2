import Digest
import Manifest

let fileTargets = [
  FuzzTarget(
    name: "manifest",
    seeds: { [sampleManifest.encoded()] },
    test: { input in
      guard let manifest = try? Manifest(decoding: input) else { return }
      precondition(manifest.encoded() == input, "a manifest has one encoding")
    })
]

private let sampleManifest = try! Manifest(
  classes: ["daisy", "tulips"],
  entries: (0..<4).map { number in
    let name = number < 2 ? "daisy" : "tulips"
    return Manifest.Entry(
      path: "\(name)/\(number).jpg", classIndex: number / 2, byteCount: UInt64(number + 1),
      digest: .sha256([UInt8(number)]))
  })
