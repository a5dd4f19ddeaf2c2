/// Lays weights out as the kernels read them.
package enum Packing {
  /// The channels of a vector group.
  package static let group = 16
  /// The output channels of a panel.
  package static let panel = 32

  /// The channels that a pixel takes: the next multiple of 16.
  package static func padded(_ channels: Int) -> Int { (channels + group - 1) / group * group }

  /// The panels of a dense convolution.
  ///
  /// - Parameters:
  ///   - outputs: the output channels, of any number; missing ones of the last panel become 0
  ///   - taps: the length of the sum, in the order in which it is taken
  ///   - weight: the weight of an output channel and a place in the sum
  package static func convolution(
    outputs: Int, taps: Int, bias: [Float], weight: (_ output: Int, _ tap: Int) -> Float
  ) -> [Float] {
    precondition(bias.count == outputs)
    var packed: [Float] = []
    packed.reserveCapacity(padded(outputs) * (1 + taps))
    for first in stride(from: 0, to: padded(outputs), by: panel) {
      let columns = first..<min(first + panel, padded(outputs))
      for n in columns { packed.append(n < outputs ? bias[n] : 0) }
      for tap in 0..<taps {
        for n in columns { packed.append(n < outputs ? weight(n, tap) : 0) }
      }
    }
    return packed
  }

  /// The groups of a depthwise convolution.
  ///
  /// - Parameters:
  ///   - taps: the kernel's height times its width
  ///   - weight: the weight of a channel and a tap, row-major
  package static func depthwise(
    channels: Int, taps: Int, bias: [Float], weight: (_ channel: Int, _ tap: Int) -> Float
  ) -> [Float] {
    precondition(bias.count == channels)
    var packed: [Float] = []
    packed.reserveCapacity(padded(channels) * (1 + taps))
    for first in stride(from: 0, to: padded(channels), by: group) {
      let members = first..<first + group
      for c in members { packed.append(c < channels ? bias[c] : 0) }
      for tap in 0..<taps {
        for c in members { packed.append(c < channels ? weight(c, tap) : 0) }
      }
    }
    return packed
  }
}
