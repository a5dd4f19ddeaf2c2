import Avahi
import Options

/// A coordinator that somebody in the local network says there is.
public struct FoundCoordinator: Equatable, Sendable {
  /// As it was announced, with any characters: to be cleaned before it is shown.
  public let name: String
  /// Where it may be reached, the likeliest first; at least one.
  public private(set) var addresses: [HostPort]
  public let record: CoordinatorRecord

  /// What was found, each coordinator once; sorted by name.
  ///
  /// Ways that say the same name, port and record are taken for one coordinator. Where one of them is
  /// somebody else's, joining fails there and the next one is tried.
  public static func all(in services: [FoundService]) -> [FoundCoordinator] {
    var found: [FoundCoordinator] = []
    for service in services where service.port > 0 {
      let address = HostPort(host: service.address, port: service.port)
      let record = CoordinatorRecord(text: service.text)
      let known = found.firstIndex {
        $0.name == service.name && $0.record == record && $0.addresses[0].port == service.port
      }
      if let known {
        if !found[known].addresses.contains(address) { found[known].addresses.append(address) }
      } else {
        found.append(FoundCoordinator(name: service.name, addresses: [address], record: record))
      }
    }
    for index in found.indices {
      found[index].addresses.sort { (rank($0), $0.description) < (rank($1), $1.description) }
    }
    return found.sorted {
      ($0.name, $0.addresses[0].description) < ($1.name, $1.addresses[0].description)
    }
  }

  /// IPv4 first, which every network here has; what counts on one interface alone, or on this machine,
  /// last.
  private static func rank(_ address: HostPort) -> Int {
    if address.isLoopback { return 3 }
    if address.host.contains("%") { return 2 }
    return address.host.contains(":") ? 1 : 0
  }
}

/// Which of the coordinators that were found a worker joins.
public enum CoordinatorChoice: Equatable, Sendable {
  case one(FoundCoordinator)
  /// More than one that may be meant.
  case several([FoundCoordinator])
  /// None that may be meant; these are others.
  case none(others: [FoundCoordinator])

  /// - Parameters:
  ///   - name: what the coordinator must be called, in capitals or not; nil for any.
  ///   - key: of the coordinator that the worker's token is for; nil without a token.
  public init(among found: [FoundCoordinator], name: String?, key: KeyFingerprint?) {
    let meant = found.filter {
      (name == nil || $0.name.lowercased() == name?.lowercased())
        && (key == nil || $0.record.key == key)
    }
    switch meant.count {
    case 0: self = .none(others: found)
    case 1: self = .one(meant[0])
    default: self = .several(meant)
    }
  }
}
