/// The cyclic redundancy check by Castagnoli's polynomial (RFC 3720, appendix B.4), bit by bit reflected.
package enum CRC32C {
  private static let polynomial: UInt32 = 0x82F6_3B78

  private static let table = (0..<256).map { (byte: UInt32) -> UInt32 in
    (0..<8).reduce(byte) { value, _ in value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
  }

  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { value, byte in
      value >> 8 ^ table[Int((value ^ UInt32(byte)) & 0xFF)]
    }
  }

  /// As records of TensorFlow have it, so that a check over bytes that hold checks still means something
  /// (tensorflow/core/lib/hash/crc32c.h).
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
