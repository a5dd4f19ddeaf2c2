import CAvahi

/// One way to a service of the local network. All of it is what somebody says there, whoever that is.
public struct FoundService: Equatable, Sendable {
  /// Of the instance, with any characters.
  public let name: String
  /// An address of IPv4 or IPv6; behind a `%` the interface that it counts on, where it counts on one
  /// alone.
  public let address: String
  public let port: UInt16
  /// As it was sent: strings of up to 255 bytes, each after a byte with its length. At most
  /// `LocalNetwork.textBytesMax`.
  public let text: [UInt8]

  public init(name: String, address: String, port: UInt16, text: [UInt8]) {
    self.name = name
    self.address = address
    self.port = port
    self.text = text
  }
}

/// What machines of the local network announce by mDNS (RFC 6762, 6763), as Avahi's daemon hears it.
public enum LocalNetwork {
  /// What of a text record is looked at.
  public static let textBytesMax = Int(TL_AVAHI_TEXT_BYTES_MAX)
  /// How many ways to services are told of; the rest is left out.
  public static let servicesMax = Int(TL_AVAHI_SERVICES_MAX)

  /// The services of a type that answer now: all ways to each. Takes about a second.
  ///
  /// - Parameters:
  ///   - type: such as `_http._tcp`.
  ///   - limit: in milliseconds; what answers later isn't waited for.
  public static func look(
    for type: String, limit: Int32 = 3000
  ) throws(AvahiError) -> [FoundService] {
    let found = Found()
    // Safe: the object outlives the call, which alone uses the reference.
    let result = unsafe tl_avahi_look(
      type, limit,
      { context, service in
        guard let context = unsafe context, let service = unsafe service?.pointee else { return }
        let found = unsafe Unmanaged<Found>.fromOpaque(context).takeUnretainedValue()
        // Safe: everything is copied while the call lasts for which it is there.
        unsafe found.services.append(
          FoundService(
            name: String(cString: service.name), address: String(cString: service.address),
            port: service.port,
            text: Array(UnsafeBufferPointer(start: service.text, count: service.text_byte_count))))
      }, Unmanaged.passUnretained(found).toOpaque())
    guard result == 0 else { throw AvahiError(result) }
    return found.services
  }

  private final class Found {
    var services: [FoundService] = []
  }
}
