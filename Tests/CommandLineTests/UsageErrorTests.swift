import CommandLine
import TestSupport
import Testing

struct UsageErrorTests {
  @Test func `a program with one command says so`() {
    let program = Program(
      name: "one", version: "1", summary: "an example",
      commands: [Command("join", "join something")])
    let error = #expect(throws: CommandLineError.self) {
      try program.parse(["jion"], environment: [:], helpStyle: .plain)
    }
    #expect(error?.advice.contains("Its one command is join;") == true, "\(error?.advice ?? "")")
  }

  @Test(arguments: [
    ("start --epoch 3", "no option '--epoch'", "Did you mean '--epochs'?"),
    ("start --optimiser sgd", "no option '--optimiser'", "Did you mean '--optimizer'?"),
    ("start -e 3", "no option '-e'", "start --help"),
    ("start --epochs 0", "'--epochs' needs a whole number from 1 to 1000, not '0'", ""),
    ("start --epochs 3.5", "'--epochs' needs", ""),
    ("start --epochs 99999999999999999999", "'--epochs' needs", ""),
    ("start --epochs -1", "not '-1'", ""),
    ("start --learning-rate -0.1", "a number above 0 and at most 10, not '-0.1'", ""),
    ("start --learning-rate nan", "not 'nan'", ""),
    ("start --learning-rate inf", "not 'inf'", ""),
    ("start --optimizer adm", "'adam' or 'sgd', not 'adm'", "Did you mean 'adam'?"),
    ("start --quick=perhaps", "'--quick' needs 'yes' or 'no'", ""),
    ("start --run=", "'--run' needs", ""),
    ("start --epochs", "'--epochs' needs", "Write '--epochs N'."),
    ("start --epochs --quick", "'--epochs' needs", "Write '--epochs N'."),
    ("start --listen 5555", "'--listen' needs an address", ""),
    ("start --listen localhost:70000", "'--listen' needs an address", ""),
    ("start epochs", "can't use the argument 'epochs'", "Did you mean '--epochs'?"),
    ("join", "needs HOST:PORT", "where to go"),
    ("join a:1 b:2", "can't use the argument 'b:2'", ""),
    ("strat", "no command 'strat'", "Did you mean 'start'?"),
    ("--epochs 3", "no option '--epochs'", "'ex start --epochs …'"),
    ("help strat", "no command 'strat'", "Did you mean 'start'?"),
  ])
  func `a wrong command line is named and helped`(
    _ arguments: String, _ message: String, _ advice: String
  ) throws {
    let error = try #require(Example.failure(arguments), "'\(arguments)' was accepted")
    #expect(error.exitCode == .usage)
    #expect(error.message.contains(message), "\(error.message)")
    #expect(advice.isEmpty || error.advice.contains(advice), "\(error.advice)")
  }

  @Test func `an argument that isn't UTF-8 is refused, unless it is one of many`() throws {
    let bad = [UInt8(ascii: "a"), 0xff]
    let program = Program(
      name: "ex", version: "1", summary: "an example",
      commands: [
        Command("see", "see files", positional: Positional("FILE", count: 1...9, "files")),
        Command(
          "go", "go there", positional: Positional("PLACE", "where"),
          groups: [
            OptionGroup(
              "Options",
              [Option<String?>("by", .text("WAY", expectation: "a way"), "how").declaration])
          ]),
      ])
    func parse(_ words: [[UInt8]]) throws -> Invocation {
      let own = OwnArguments(words)
      return try program.parse(own.texts, notUTF8: own.notUTF8, environment: [:], helpStyle: .plain)
    }
    guard case .run(_, let settings) = try parse([Array("see".utf8), bad]) else {
      Issue.record("nothing to do")
      return
    }
    #expect(settings.arguments == ["a\u{fffd}"])
    let wrong = [
      [bad], [Array("x".utf8), Array("--by".utf8), bad],
      [Array("--by=".utf8) + bad, Array("x".utf8)],
    ]
    for words in wrong {
      let error = #expect(throws: CommandLineError.self) { try parse([Array("go".utf8)] + words) }
      #expect(error?.exitCode == .usage && error?.message.contains("is not UTF-8") == true)
      #expect(error?.advice.contains("rename it") == true)
    }
  }

  @Test func `an argument that an option was meant for is told so`() throws {
    let folder = try TemporaryFolder()
    let program = Program(
      name: "ex", version: "1", summary: "an example",
      commands: [
        Command(
          "start", "start",
          groups: [
            OptionGroup(
              "Options",
              [
                Option<String?>("data", .text("DIR", expectation: "a folder"), "what").declaration,
                Option<String?>("photo", .text("FILE", expectation: "a file"), "what").declaration,
              ])
          ], strayOption: "data")
      ])
    for (argument, meant) in [
      ("flowers", "--data flowers"), ("phot", "--photo"), (folder.path, "--data \(folder.path)"),
    ] {
      let error = #expect(throws: CommandLineError.self) {
        try program.parse(["start", argument], environment: [:], helpStyle: .plain)
      }
      #expect(error?.advice.contains("Did you mean '\(meant)'?") == true, "\(error?.advice ?? "")")
    }
  }

  @Test func `a wrong variable is named`() throws {
    let error = try #require(Example.failure("start", environment: ["TL_EPOCHS": "many"]))
    #expect(error.exitCode == .usage)
    #expect(error.message.contains("the variable TL_EPOCHS needs a whole number"))
  }

  @Test func `a variable with a wrong word is named`() throws {
    let error = try #require(Example.failure("start", environment: ["TL_SPEED": "fats"]))
    #expect(error.exitCode == .usage)
    #expect(error.message == "the variable TL_SPEED can't be 'fats' here")
    #expect(error.advice == "Did you mean 'fast'? It may be slow, fast, or unset.")
    #expect(Example.failure("start", environment: ["TL_SPEED": "slow"]) == nil)
  }

  @Test(arguments: [
    ("epochs = 0", "line 1 of my.conf: 'epochs' needs a whole number"),
    ("# c\nepoch = 3", "line 2 of my.conf: there is no option 'epoch'"),
    ("nonsense", "line 1 of my.conf is not 'name = value'"),
    ("config = other.conf", "there is no option 'config'"),
  ])
  func `a wrong configuration file is named with its line`(_ file: String, _ message: String) throws
  {
    let error = try #require(Example.failure("start --config my.conf", file: file))
    #expect(error.exitCode == .configuration)
    #expect(error.message.contains(message), "\(error.message)")
  }

  @Test func `a configuration file that can't be read is named`() {
    #expect {
      try readTextFile(at: "/nonexistent/tl.conf")
    } throws: { error in
      let error = error as? CommandLineError
      return error?.exitCode == .configuration
        && error?.message == "can't read /nonexistent/tl.conf: No such file or directory"
    }
  }

  @Test func `control characters of an argument don't reach the terminal`() throws {
    let error = try #require(Example.failure("start --\u{1B}[31mred"))
    #expect(!error.description.contains("\u{1B}"))
  }
}
