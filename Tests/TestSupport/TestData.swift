import Foundation

/// The folder with real photographs and a real backbone, which are not part of the project.
public enum TestData {
  /// The folder that `TL_TEST_DATA` names, or `../shared/data` beside the repository; nil if there
  /// is none.
  public static let folder: String? = {
    let named = ProcessInfo.processInfo.environment["TL_TEST_DATA"]
    // This file lies two folders below the repository's root.
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = named ?? root.deletingLastPathComponent().appending(path: "shared/data").path()
    var isFolder: ObjCBool = false
    // The pointer is used during the call only.
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? path : nil
  }()

  /// Whether the folder is there; for `.enabled(if:)`, together with `absence`.
  public static var isPresent: Bool { folder != nil }

  /// What a test that is skipped for want of the folder says.
  public static let absence: String =
    "skipped: no test data; set TL_TEST_DATA to the folder with flower_photos and the backbone"

  /// 736 photographs in five class folders.
  public static var flowers: String? { folder.map { $0 + "/flower_photos" } }

  /// MobileNetV2 1.0 for 224 × 224 pixels, pretrained on ImageNet.
  public static var backbone: String? { folder.map { $0 + "/mobilenet_v2_1.0_224.onnx" } }
}
