import ClusterCore

/// The limits of frames. Those of the values in them are in `ClusterCore.Limits`.
public enum WireLimits {
  /// The longest control frame in bytes: a share of 8,192 samples takes 40 KiB of it.
  public static let controlFrameByteCountMax = 64 << 10

  /// The most bytes of an object in one frame, so that heartbeats get through between the chunks on a
  /// slow link, and steps between two that are encrypted.
  public static let chunkByteCountMax = 256 << 10

  /// The largest object in bytes. It keeps offsets far from overflow and is no promise that such a
  /// file can be used.
  public static let objectByteCountMax: UInt64 = 1 << 40

  /// The largest tensor in bytes: the confusion matrix of 2,896 classes in Int64.
  public static let tensorByteCountMax = 64 << 20

  /// Bytes of UTF-8 of a worker's name in a status reply, so that
  /// `ClusterCore.Limits.workersInStatusMax` of them fit a control frame.
  static let statusNameByteCountMax = 96

  /// The memory in bytes that unpacking a control frame may take. The neediest sound one is a full
  /// status reply, with 256 messages of some hundred bytes.
  static let unpackingByteCountMax = 512 << 10
}
