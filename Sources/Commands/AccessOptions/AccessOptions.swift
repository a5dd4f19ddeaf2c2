import Access
import CommandLine
import Options
import ZeroMQ

/// The options by which workers and monitors get into a coordinator.
public enum AccessOptions {
  public static let token = Option<String?>(
    "token", .text("TOKEN", expectation: "a token, as `tl-coord token show` prints it"),
    "what lets this machine in, from the coordinator's first lines; a file or TL_TOKEN keep it out "
      + "of the list of processes")
  public static let tokenFile = Option<String?>(
    "token-file", .text("FILE", expectation: "a file with a token"), "read the token from FILE")
  public static let insecure = Option<Bool>(
    flag: "insecure", "talk in the clear to a coordinator that was started with --insecure")

  public static let group = OptionGroup(
    "Access", [token.declaration, tokenFile.declaration, insecure.declaration])

  /// How to get to the coordinator at an address: with a token over the network, and without one
  /// through the Unix socket of this user's own coordinator on this machine.
  ///
  /// - Parameter checksName: whether a host that isn't known at the moment is an error.
  public static func door(
    to address: HostPort, _ settings: Settings, checksName: Bool = true
  ) throws(CommandLineError) -> CoordinatorDoor {
    let endpoint = Endpoint(host: address.host, port: address.port)
    if checksName {
      do throws(ZeroMQError) { try endpoint.checkHostName() } catch {
        throw CommandLineError(.unavailable, error.description)
      }
    }
    if settings[insecure] { return CoordinatorDoor(insecure: endpoint) }
    if let token = try token(settings) { return CoordinatorDoor(endpoint, token) }
    guard isOwnAddress(address.host), !CoordinatorDoor.isForeign(endpoint, environment) else {
      throw CommandLineError(
        .refused, "the coordinator at \(address) needs a token",
        advice:
          "Run 'tl-coord token show' on its machine, as the user who started it, and give what it prints "
          + "with --token, in TL_TOKEN, or in a file with --token-file.")
    }
    return CoordinatorDoor(ownMachine: endpoint, environment)
  }

  /// The token that was given; the command line counts before the environment.
  public static func token(_ settings: Settings) throws(CommandLineError) -> Token? {
    let fileCounts =
      settings.origin(of: tokenFile) == .flag || settings.origin(of: token) == .default
    if fileCounts, let path = settings[tokenFile] {
      return try parse(readSecretFile(at: path))
    }
    return try settings[token].map { text throws(CommandLineError) in try parse(text) }
  }

  private static func parse(_ text: String) throws(CommandLineError) -> Token {
    do throws(AccessError) { return try Token(text) } catch {
      throw CommandLineError(.usage, error.description)
    }
  }
}
