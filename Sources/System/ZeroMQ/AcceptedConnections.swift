import CAccept

/// Connections that this process accepts, whichever library listens.
public enum AcceptedConnections {
  /// Keeps so many of this process's descriptors, the highest ones, from connections over the network:
  /// who gets one of them is hung up on at once. Files and this user's own connections over Unix
  /// sockets may have them.
  public static func keepFromNetwork(descriptors count: Int) {
    tl_accept_reserve(Int32(clamping: count))
  }
}
