import CommandLine
import Testing

struct ParsingTests {
  @Test func `without arguments every option has its default`() throws {
    let settings = try Example.settings("start")
    #expect(settings[Example.epochs] == 6)
    #expect(settings[Example.rate] == 0.001)
    #expect(settings[Example.optimizer] == "adam")
    #expect(settings[Example.run] == nil)
    #expect(settings[Example.resume] == "")
    #expect(settings[Example.quick] == false)
    #expect(settings.origin(of: Example.epochs) == .default)
  }

  @Test func `a value may follow its option or an equals sign`() throws {
    let settings = try Example.settings("start --epochs 12 --learning-rate=0.5 --run=a=b")
    #expect(settings[Example.epochs] == 12)
    #expect(settings[Example.rate] == 0.5)
    #expect(settings[Example.run] == "a=b")
  }

  @Test func `flag beats environment beats file beats default`() throws {
    let environment = ["TL_EPOCHS": "20", "TL_LEARNING_RATE": "0.2", "TL_CONFIG": "some.conf"]
    let file = "# a comment\n\nepochs = 30\nlearning-rate = 0.3\noptimizer = sgd\n"
    let settings = try Example.settings("start --epochs 10", environment: environment, file: file)
    #expect(settings[Example.epochs] == 10)
    #expect(settings.origin(of: Example.epochs) == .flag)
    #expect(settings[Example.rate] == 0.2)
    #expect(settings.origin(of: Example.rate) == .environment)
    #expect(settings[Example.optimizer] == "sgd")
    #expect(settings.origin(of: Example.optimizer) == .file)
    #expect(settings.origin(of: Example.run) == .default)
  }

  @Test func `an empty variable counts as unset`() throws {
    let settings = try Example.settings("start", environment: ["TL_EPOCHS": ""])
    #expect(settings.origin(of: Example.epochs) == .default)
  }

  @Test func `an option with an optional value takes the next argument unless it is an option`()
    throws
  {
    #expect(try Example.settings("start --resume")[Example.resume] == "newest")
    #expect(try Example.settings("start --resume a.safetensors")[Example.resume] == "a.safetensors")
    let settings = try Example.settings("start --resume --epochs 3")
    #expect(settings[Example.resume] == "newest")
    #expect(settings[Example.epochs] == 3)
  }

  @Test func `a switch takes no argument but may be denied`() throws {
    #expect(try Example.settings("start --quick")[Example.quick])
    #expect(
      try !Example.settings("start --quick=no", environment: ["TL_QUICK": "1"])[Example.quick])
    #expect(try Example.settings("start", environment: ["TL_QUICK": "true"])[Example.quick])
  }

  @Test func `the last of a repeated option counts`() throws {
    #expect(try Example.settings("start --epochs 3 --epochs 4")[Example.epochs] == 4)
  }

  @Test func `arguments after two dashes are never options`() throws {
    #expect(try Example.settings("status -- --epochs").arguments == ["--epochs"])
  }

  @Test func `help and version are shown wherever they are asked for`() throws {
    for arguments in [["--help"], ["-h"], [], ["help"]] {
      guard case .show(let text) = try Example.program.parse(arguments, environment: [:]) else {
        Issue.record("no help for \(arguments)")
        continue
      }
      #expect(text.contains("Commands") && text.contains("join HOST:PORT"))
    }
    for arguments in [
      ["--version"], ["-V"], ["version"], ["start", "--version"], ["start", "-V"],
    ] {
      guard case .show(let text) = try Example.program.parse(arguments, environment: [:]) else {
        Issue.record("no version for \(arguments)")
        continue
      }
      #expect(text == "ex 1.2.3\n")
    }
  }

  @Test func `a command's help groups its options and shows defaults`() throws {
    for arguments in [["start", "--help"], ["help", "start"], ["start", "--epochs", "2", "-h"]] {
      guard case .show(let text) = try Example.program.parse(arguments, environment: [:]) else {
        Issue.record("no help for \(arguments)")
        continue
      }
      #expect(text.contains("\nTraining\n  --epochs N"))
      #expect(text.contains("how often to go round [default: 6]"))
      #expect(text.contains("--optimizer adam|sgd"))
      #expect(text.contains("--resume [PATH]"))
      #expect(text.contains("TL_EPOCHS"))
      #expect(text.contains("Example: ex start --epochs 12"))
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= 96 })
      #expect(text.utf8.allSatisfy { $0 < 128 })
    }
  }

  @Test func `warns of a variable that is nearly one of ours and of no other`() throws {
    let environment = [
      "TL_EPOCH": "3", "TL_UNRELATED_THING": "x", "PATH": "y",
      // Near to TL_RUN if what all begin with counted.
      "TL_BIN": "z",
    ]
    let warnings = try Example.settings("start", environment: environment).warnings
    #expect(warnings == ["the variable TL_EPOCH has no effect; did you mean TL_EPOCHS?"])
  }
}
