/// The version of all the commands, the same as the newest one in CHANGELOG.md.
public let version = "0.1.0"
