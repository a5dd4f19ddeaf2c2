import Access
import CommandLine
import Glibc
import Options
import RunFiles

/// `tl-coord token`: who may work for this user's coordinators, or look at them.
enum TokenCommand {
  private static let role = Option<Role>(
    "role", .word(Role.self), default: .worker, shown: "worker",
    "what it is good for: to work and to look (worker), or to look only (status)")
  private static let expires = Option<Expiry>(
    "expires", .expiry, default: .never, shown: "never",
    "how long it is good for, such as 12h or 7d")

  static let command = Command(
    "token", "show, add, renew or revoke what lets others into your coordinators",
    positional: Positional(
      "list|show|add|renew|revoke [NAME]", count: 0...2,
      "what to do, and with which token; without, all are listed, and NAME is 'workers' for show"),
    groups: [OptionGroup("Options", [role.declaration, expires.declaration])],
    notes: [
      "A token is for all runs that you start on this machine, and counts at once, also for those",
      "under way: who comes with a revoked or expired one is turned away, and who is inside is put out.",
      "",
      "Examples:",
      "  tl-coord token show                       what a worker needs",
      "  tl-coord token add lab-pcs --expires 7d   one more, for a week",
      "  tl-coord token add screen --role status   one that may look and do nothing else",
      "  tl-coord token revoke lab-pcs",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let store = CredentialStore(environment)
    let action = settings.arguments.first ?? "list"
    let name = settings.arguments.dropFirst().first
    do throws(AccessError) {
      switch (action, name) {
      case ("list", nil):
        print(try list(store.credentials()))
      case ("show", _):
        let name = name ?? CredentialStore.defaultName
        let all = try store.credentials()
        guard let found = all.first(where: { $0.name == name }) else { throw absent(name) }
        print([try token(found, store)])
      case ("add", let name?):
        let added = try credential(name, settings[role], settings[expires])
        try store.update { (all) throws(AccessError) in
          guard !all.contains(where: { $0.name == name }) else {
            throw AccessError(
              .invalid,
              "there is a token '\(name)' already; renew or revoke it, or take another name")
          }
          all.append(added)
        }
        print([try token(added, store)])
      case ("renew", let name?):
        var renewed: Credential?
        try store.update { (all) throws(AccessError) in
          guard let place = all.firstIndex(where: { $0.name == name }) else { throw absent(name) }
          all[place] = try credential(name, all[place].role, settings[expires])
          renewed = all[place]
        }
        if let renewed { print([try token(renewed, store)]) }
      case ("revoke", let name?):
        try store.update { (all) throws(AccessError) in
          guard let place = all.firstIndex(where: { $0.name == name }) else { throw absent(name) }
          all.remove(at: place)
        }
        print(["'\(name)' is revoked"])
      default: throw wrongUse
      }
    } catch {
      throw CommandLineError(
        error.code == .invalid ? .usage : error.code == .unsafeFile ? .configuration : .inputOutput,
        error.description)
    }
    return .success
  }

  private static var wrongUse: AccessError {
    AccessError(.invalid, "say list, show [NAME], add NAME, renew NAME or revoke NAME")
  }

  private static func absent(_ name: String) -> AccessError {
    AccessError(.invalid, "there is no token '\(printable(name))'; `tl-coord token` lists them")
  }

  private static func credential(
    _ name: String, _ role: Role, _ expiry: Expiry
  ) throws(AccessError) -> Credential {
    try Credential(
      name: name, role: role, keys: try generateKeys(), createdAt: now(),
      expiresAt: expiry.seconds.map { now() + $0 })
  }

  private static func token(
    _ credential: Credential, _ store: CredentialStore
  ) throws(AccessError) -> String {
    Token(server: try store.serverKeys().publicKey, keys: credential.keys).text
  }

  private static func list(_ credentials: [Credential]) -> [String] {
    let width = credentials.map(\.name.count).max() ?? 0
    return credentials.map { credential in
      let padding = String(repeating: " ", count: width - credential.name.count)
      let expiry =
        credential.expiresAt.map { seconds in
          (credential.isExpired(at: now()) ? "expired " : "expires ") + date(seconds)
        } ?? "never expires"
      return "\(credential.name)\(padding)  \(credential.role.rawValue)  \(expiry)"
    }
  }

  private static func date(_ seconds: Int64) -> String {
    Timestamp(millisecondsSince1970: seconds * 1_000).description
  }

  private static func print(_ lines: [String]) {
    write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
  }
}

/// How long a token is good for.
enum Expiry: Equatable, Sendable {
  case never
  case after(seconds: Int64)

  var seconds: Int64? {
    switch self {
    case .never: nil
    case .after(let seconds): seconds
    }
  }
}

extension ValueReader where Value == Expiry {
  /// `never`, or a whole number with `m`, `h` or `d`.
  static var expiry: Self {
    Self(placeholder: "TIME", expectation: "'never' or a time such as 30m, 12h or 7d") { text in
      if text == "never" { return .never }
      let units: [Character: Int64] = ["m": 60, "h": 3_600, "d": 86_400]
      let digits = text.dropLast()
      guard let unit = text.last.flatMap({ units[$0] }),
        digits.utf8.allSatisfy({ 48...57 ~= $0 }), let count = Int64(digits),
        (1...36_500).contains(count)
      else { return nil }
      return .after(seconds: count * unit)
    }
  }
}
