import Foundation
import RunFiles
import TestSupport
import Testing

/// Runs that begin with the head of another.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StartFromTests {
  @Test func `whoever computes it and whatever happens, the answer is one`() throws {
    let cluster = try Cluster()
    _ = try cluster.startCoordinator(run: "first", ["--local-workers", "1"], epochs: 3)
      .finishedHead()
    // A class more, one less, and others' photographs.
    let folders = try FileManager.default.contentsOfDirectory(atPath: cluster.photographs).sorted()
    try FileManager.default.removeItem(atPath: "\(cluster.photographs)/\(folders[0])")
    _ = try TestPhotographs.write(
      into: cluster.folder, subfolder: "others", classCount: 1,
      countPerClass: Cluster.photographsPerClass, seed: 9)
    try FileManager.default.moveItem(
      atPath: "\(cluster.folder.path)/others/\(folders[0])", toPath: "\(cluster.photographs)/weeds")

    let from = ["--from", "first"]
    let alone = try cluster.startCoordinator(
      run: "alone", from + ["--local-workers", "1", "--worker-threads", "1"])
    let expected = try alone.finishedHead()
    let zero = try cluster.startCoordinator(run: "zero", ["--local-workers", "1"]).finishedHead()
    #expect(zero != expected)
    let three = try cluster.startCoordinator(
      run: "three", from + ["--local-workers", "3", "--min-workers", "3"])
    #expect(try three.finishedHead() == expected)

    let killed = try cluster.startCoordinator(run: "killed", from + ["--local-workers", "2"])
    try killed.waitForEpoch(1)
    try killed.kill()
    // It needs the other no more.
    try FileManager.default.removeItem(atPath: "\(cluster.runsFolder)/first")
    let resumed = try cluster.startCoordinator(run: "killed", ["--resume", "--local-workers", "1"])
    #expect(try resumed.finishedHead() == expected)
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "killed", "--runs", cluster.runsFolder])
    #expect(verified.exitCode == 0 && verified.output.contains("Sound: "), "\(verified)")
    #expect(verified.output.contains("run 'first' after 3 epochs (step "), "\(verified)")
    let other = try cluster.folder.write(TinyModel.onnx(seed: 2), to: "other.onnx")
    for (backbone, exitCode) in [(cluster.backbone, 0), (other, 65)] as [(String, Int32)] {
      let named = try RunningCommand.run(
        "tl-coord",
        ["verify", "--run", "killed", "--runs", cluster.runsFolder, "--backbone", backbone])
      #expect(named.exitCode == exitCode, "\(named)")
    }

    let notes = try cluster.log(run: "alone").compactMap { line -> String? in
      if case .note(let text) = line.event { text } else { nil }
    }
    #expect(notes.contains("classes that are new and start at their prior: weeds"), "\(notes)")
    #expect(notes.contains("classes that are gone and dropped: \(folders[0])"), "\(notes)")
  }

  @Test func `the head that it began with is kept and looked at`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let outcome = try bench.start(run: "next", "--from", "run", "--best")
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("Starts from the head of run 'run' after "), "\(outcome)")
    let path = "\(bench.runsFolder)/next/start.safetensors"
    let whole = try Data(contentsOf: URL(filePath: path))
    try whole.dropLast().write(to: URL(filePath: path))
    expectFailure(
      try bench.start(run: "next", "--resume"), 65, "start.safetensors is damaged", "'next'")
    let verified = try RunningCommand.run(
      "tl-coord", ["verify", "--run", "next", "--runs", bench.runsFolder])
    #expect(verified.exitCode == 65 && verified.errors.contains("is damaged"), "\(verified)")
    try whole.write(to: URL(filePath: path))
    #expect(try bench.start(run: "next", "--resume").exitCode == 0)
    // As a batch job that is queued again says it.
    let again = try bench.start(run: "next", "--resume", "if-any", "--from", "run")
    #expect(again.exitCode == 0, "\(again)")
  }

  @Test func `photographs that runs before it were trained on are told`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    #expect(try bench.start(run: "next", "--from", "run").exitCode == 0)
    // Another split: some of what is measured on now was trained on by the first run, by way of the second.
    let third = try bench.start(run: "third", "--from", "next", "--seed", "7")
    #expect(third.exitCode == 0 && third.output.contains("'next' was trained on"), "\(third)")
    let evaluate = [
      "evaluate", "--run", "third", "--runs", bench.runsFolder, bench.photographs,
    ]
    let known = try RunningCommand.run("tl-coord", evaluate)
    #expect(known.exitCode == 0, "\(known)")

    for (run, list) in [("next", "manifest.bin"), ("third", "start-photographs.bin")] {
      try FileManager.default.removeItem(atPath: "\(bench.runsFolder)/\(run)/\(list)")
    }
    let fourth = try bench.start(run: "fourth", "--from", "next", "--seed", "8")
    #expect(
      fourth.exitCode == 0
        && fourth.output.contains("it can't be told which photographs run 'next' was trained on"),
      "\(fourth)")
    #expect(
      !FileManager.default.fileExists(
        atPath: "\(bench.runsFolder)/fourth/start-photographs.bin"))
    let unknown = try RunningCommand.run("tl-coord", evaluate)
    #expect(unknown.exitCode == 0 && unknown.output != known.output)
    #expect(
      (unknown.output + unknown.errors).contains(
        "what run 'next', from which it started, was trained on"), "\(unknown)")
  }

  @Test func `what doesn't fit is refused before anything is made`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let from = ["--from", "run"]
    func refuse(
      _ arguments: [String], _ code: Int32, _ words: String, backbone: String? = nil,
      data: String? = nil, at location: SourceLocation = #_sourceLocation
    ) throws {
      let outcome = try RunningCommand.run(
        "tl-coord",
        [
          "start", "--data", data ?? bench.photographs, "--runs", bench.runsFolder, "--run", "next",
          "--listen", "127.0.0.1:0", "--progress", "plain",
        ] + (backbone.map { ["--backbone", $0] } ?? []) + arguments)
      expectFailure(outcome, code, words, at: location)
      #expect(!FileManager.default.fileExists(atPath: "\(bench.runsFolder)/next"))
    }
    try refuse(["--from", "runs"], 64, "Did you mean 'run'?")
    try refuse(["--best"], 64, "'--from RUN'")
    try refuse(from + ["--resume"], 64, "don't go together")
    try refuse(from + ["--depths", "1"], 78, "depths is 6 there and 1 here")
    let other = try bench.folder.write(TinyModel.onnx(seed: 2), to: "other.onnx")
    try refuse(from, 78, "is not the network", backbone: other)
    let moved = bench.folder.path + "/renamed"
    try FileManager.default.createDirectory(atPath: moved, withIntermediateDirectories: true)
    for (place, folder) in try bench.classFolders().enumerated() {
      try FileManager.default.copyItem(atPath: folder, toPath: "\(moved)/class\(place)")
    }
    try refuse(from, 78, "knows none of these classes", data: moved)
    try Data([1]).write(to: URL(filePath: "\(bench.runsFolder)/run/backbone.bin"))
    try refuse(from, 65, "backbone.bin is damaged")
  }

  @Test func `a run must stand still, and needs a sound checkpoint`() throws {
    let bench = try Workbench()
    let first = try bench.startInBackground("--local-workers", "0")
    try first.waitForLine(containing: "tl-worker join ")
    expectFailure(try bench.start(run: "next", "--from", "run"), 73, "is still being trained")
    first.send(signal: SIGTERM)
    #expect(try first.waitForExit().exitCode == 75)
    // A head of zeros, or of another run, has learnt nothing.
    let photograph = try bench.classFolders()[0] + "/000.jpg"
    let predict = ["predict", "--runs", bench.runsFolder, photograph]
    expectFailure(
      try bench.start(run: "next", "--from", "run"), 65, "'run' hasn't trained for an epoch",
      "--resume --run run")
    expectFailure(
      try RunningCommand.run("tl-coord", predict), 65, "'run' hasn't trained for an epoch")
    #expect(try bench.start(run: "earlier").exitCode == 0)
    // Its log is the newest again.
    try FileManager.default.setAttributes(
      [.modificationDate: Date.distantFuture],
      ofItemAtPath: "\(bench.runsFolder)/run/progress.jsonl")
    let passing = try RunningCommand.run("tl-coord", predict)
    #expect(passing.exitCode == 0 && passing.output.hasPrefix(photograph), "\(passing)")
    #expect(
      passing.errors.contains("the newer run 'run' is passed over")
        && passing.errors.contains("'earlier' answers"), "\(passing)")
    for checkpoint in try bench.checkpoints() {
      try FileManager.default.removeItem(atPath: checkpoint)
    }
    expectFailure(try bench.start(run: "next", "--from", "run"), 65, "'run' has no checkpoint yet")

    #expect(try bench.start("--resume").exitCode == 0)
    let newest = try #require(try bench.checkpoints().last)
    try Data([1]).write(to: URL(filePath: newest))
    let outcome = try bench.start(run: "next", "--from", "run")
    #expect(outcome.exitCode == 0 && outcome.output.contains("was passed over"), "\(outcome)")
    #expect(outcome.output.contains("of run 'run' after 2 epochs"), "\(outcome)")
  }

  @Test func `photographs that the other was trained on are no fair measure, which is said`() throws
  {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let same = try bench.start(run: "same", "--from", "run")
    #expect(same.exitCode == 0 && !same.output.contains("may flatter"), "\(same)")
    let other = try bench.start(run: "other", "--from", "run", "--seed", "5")
    #expect(other.output.contains("run 'run' was trained on "), "\(other)")
    #expect(other.output.contains(" of the 9 validation photographs"), "\(other)")
  }

  @Test func `a run that is made longer is the longer run`() throws {
    let bench = try Workbench()
    #expect(try bench.start(run: "long", "--epochs", "8").exitCode == 0)
    #expect(try bench.start("--variants", "2").exitCode == 0)
    let variants = try bench.start("--resume", "--epochs", "5")
    #expect(variants.exitCode == 0 && variants.output.contains("epoch 5/5"), "\(variants)")

    #expect(try bench.start(run: "short").exitCode == 0)
    let longer = try bench.start(run: "short", "--resume", "--epochs", "8")
    #expect(longer.exitCode == 0 && longer.output.contains("epoch 4/8"), "\(longer)")
    let heads = try ["long", "short"].map { run in
      try Checkpoint(readingFrom: try #require(bench.checkpoints(ofRun: run).last)).state
    }
    #expect(heads[0] == heads[1])
    for run in ["short", "run"] {
      let verified = try RunningCommand.run(
        "tl-coord", ["verify", "--run", run, "--runs", bench.runsFolder])
      #expect(verified.exitCode == 0, "\(verified)")
    }
    // As it is now, without being told again.
    let resumed = try RunningCommand.run(
      "tl-coord", ["start", "--resume", "--run", "short", "--runs", bench.runsFolder])
    #expect(resumed.exitCode == 0, "\(resumed)")
    expectFailure(
      try bench.start(run: "short", "--resume", "--epochs", "7"), 78, "--epochs at least 8")
    #expect(try bench.start(run: "bent", "--schedule", "cosine").exitCode == 0)
    expectFailure(
      try bench.start(run: "bent", "--resume", "--epochs", "8"), 78, "--schedule cosine",
      "--from bent")
  }
}
