import CAvahi
import Glibc

/// A service that is announced in the local network for as long as this value lives.
@safe public struct Announcement: ~Copyable {
  /// Where a service listens.
  public struct Place: Equatable, Sendable {
    public enum Addresses: Equatable, Sendable {
      case all
      case allOfIPv4
      /// The interface that has it announces the service, and no other.
      case one(String)
    }

    public let addresses: Addresses
    public let port: UInt16

    public init(_ addresses: Addresses, port: UInt16) {
      self.addresses = addresses
      self.port = port
    }
  }

  /// The longest name of an instance, a label of DNS.
  public static let nameBytesMax = 63

  private let handle: OpaquePointer

  /// - Parameters:
  ///   - name: of the instance, cut to `nameBytesMax`; where somebody has it, a number is added.
  ///   - type: such as `_http._tcp`.
  ///   - text: the strings of the text record, up to 255 bytes each.
  public init(
    _ name: String, type: String, at places: [Place], text: [String]
  ) throws(AvahiError) {
    var shortName = name
    while shortName.utf8.count > Announcement.nameBytesMax { shortName.removeLast() }
    // Copies that live until the call is over.
    let addresses = unsafe places.map { place -> UnsafeMutablePointer<CChar>? in
      if case .one(let address) = place.addresses { unsafe strdup(address) } else { nil }
    }
    let strings = unsafe text.map { unsafe UnsafePointer<CChar>(strdup($0)) }
    defer {
      for index in places.indices { unsafe free(addresses[index]) }
      for index in text.indices { unsafe free(UnsafeMutablePointer(mutating: strings[index])) }
    }
    let placesInC = unsafe zip(places, addresses).map { place, address in
      unsafe tl_avahi_place(
        address: UnsafePointer(address), ipv4_only: place.addresses == .allOfIPv4, port: place.port)
    }
    var error: Int32 = 0
    let handle = unsafe tl_avahi_announce(
      shortName, type, placesInC, placesInC.count, strings, strings.count, &error)
    guard let handle = unsafe handle else { throw AvahiError(error) }
    unsafe self.handle = handle
  }

  /// Does what there is to do, for at most so long; to be called all the time.
  ///
  /// - Returns: the name by which the network knows it; nil before.
  /// - Throws: where the daemon is gone; this announcement doesn't come back then.
  public mutating func wait(milliseconds: Int32) throws(AvahiError) -> String? {
    let result = unsafe tl_avahi_announcement_wait(handle, milliseconds)
    guard result == 0 else { throw AvahiError(result) }
    // The text is copied at once.
    return unsafe tl_avahi_announcement_name(handle).map { unsafe String(cString: $0) }
  }

  deinit { unsafe tl_avahi_withdraw(handle) }
}
