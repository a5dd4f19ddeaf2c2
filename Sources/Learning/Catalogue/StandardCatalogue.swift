import Digest

extension Catalogue {
  /// Only what was seen in at least one public place besides a memory of it; `sources` says where. What
  /// couldn't be confirmed isn't here.
  public static let standard = Catalogue([flowers, catsAndDogs, mobileNetV2, mobileNetV3Large])

  private static let flowers = CatalogueEntry(
    name: "flowers", contents: .photographs(root: "flower_photos"),
    summary: "3,670 photographs of five kinds of flowers",
    fileName: "flower_photos.tgz",
    addresses: [
      "http://download.tensorflow.org/example_images/flower_photos.tgz",
      "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
    ],
    byteCount: 228_813_984,
    digest: digest("4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c"),
    licence: "Creative Commons Attribution; LICENSE.txt names each photographer",
    oddities: "one photograph is among the roses and among the tulips: it is left out of both",
    sources: [
      "address, size, SHA-256: github.com/tensorflow/datasets, url_checksums/tf_flowers.txt at 333639b",
      "second address: github.com/arielmagbanua/hcdc-ml-lecture, cats-or-dogs/transfer_learning.py, "
        + "and many others that follow TensorFlow's tutorial on loading images",
      "count: github.com/tensorflow/datasets, docs/catalog/tf_flowers.md",
    ])

  private static let catsAndDogs = CatalogueEntry(
    name: "cats-vs-dogs", contents: .photographs(root: "PetImages"),
    summary: "some 25,000 photographs of cats and dogs",
    fileName: "kagglecatsanddogs_5340.zip",
    addresses: [
      "https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/"
        + "kagglecatsanddogs_5340.zip"
    ],
    byteCount: 824_887_076,
    digest: digest("b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9"),
    licence:
      "Microsoft's: microsoft.com/en-us/download/details.aspx?id=54765 and the archive have it",
    oddities:
      "a few files can't be decoded, Cat/666.jpg and Dog/11702.jpg among them: they are left out",
    sources: [
      "address: github.com/tensorflow/datasets, image_classification/cats_vs_dogs.py (version 4.0.1)",
      "SHA-256: github.com/gomlx/gomlx, examples/dogsvscats/dogsvscats.go",
      "size: what wget shows in public notebooks that fetch this address",
      "the folder PetImages: keras.io/examples/vision/image_classification_from_scratch",
    ])

  private static let mobileNetV2 = CatalogueEntry(
    name: "mobilenet-v2", contents: .network(preprocess: .imagenet),
    summary: "MobileNetV2 1.0, 224 x 224, from the ONNX Model Zoo",
    fileName: "mobilenetv2-12.onnx",
    addresses: [
      "https://media.githubusercontent.com/media/onnx/models/main/validated/vision/classification/"
        + "mobilenet/model/mobilenetv2-12.onnx",
      "https://huggingface.co/onnxmodelzoo/mobilenetv2-12/resolve/main/mobilenetv2-12.onnx",
    ],
    byteCount: 13_964_571,
    digest: digest("c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5"),
    licence: "Apache 2.0",
    sources: [
      "size and SHA-256: github.com/onnx/models, ONNX_HUB_MANIFEST.json at 0618993",
      "second address: where the zoo moved its files, used by several projects with this SHA-256",
    ])

  // Its weights are trained ones: the zoo's file of another training of the same architecture
  // (mobilenetv3_large_100_miil_Opset17.onnx, from the same script with the same seed) has the same
  // size and another digest, which untrained ones would not have.
  private static let mobileNetV3Large = CatalogueEntry(
    name: "mobilenet-v3-large", contents: .network(preprocess: .imagenet),
    summary: "MobileNetV3 Large 1.0, 224 x 224, timm's, from the ONNX Model Zoo",
    fileName: "mobilenetv3_large_100_Opset17.onnx",
    addresses: [
      "https://media.githubusercontent.com/media/onnx/models/main/Computer_Vision/"
        + "mobilenetv3_large_100_Opset17_timm/mobilenetv3_large_100_Opset17.onnx",
      "https://github.com/onnx/models/raw/main/Computer_Vision/"
        + "mobilenetv3_large_100_Opset17_timm/mobilenetv3_large_100_Opset17.onnx",
    ],
    byteCount: 21_919_274,
    digest: digest("b0b785f44a068dee4ff35bd88b114d4fd17a8bd635816f8f0ee46fa8b196c29f"),
    licence: "Apache 2.0",
    sources: [
      "size and SHA-256: github.com/onnx/models, the Git LFS pointer of the file at d7a7b06",
      "licence: github.com/onnx/models, toolchain/models/timm/mobilenetv3_large_100.py",
    ])

  private static func digest(_ hex: String) -> ContentDigest {
    guard let digest = ContentDigest(hex: hex) else { preconditionFailure("\(hex) is no SHA-256") }
    return digest
  }
}
