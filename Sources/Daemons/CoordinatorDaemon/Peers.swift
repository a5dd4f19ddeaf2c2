import ClusterCore

extension PeerID {
  /// libzmq names a connection with a zero byte and a number of four bytes, unless the peer chose a
  /// name itself, which ours never do.
  package init?(route: [UInt8]) {
    guard route.count == 5, route[0] == 0 else { return nil }
    self.init(number: route[1...].reduce(0) { $0 << 8 | UInt64($1) })
  }

  package var route: [UInt8] {
    [0] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }
}
