import Foundation
import HTTP
import Monitoring
import RunFiles
import RunPage
import Testing

@Suite struct `What is answered about a run` {
  private func get(_ path: String, _ site: RunSite, tag: String? = nil) -> HTTPAnswer {
    site.answer(HTTPRequest(path: path, host: "localhost", ifNoneMatch: tag))
  }

  private func json(_ answer: HTTPAnswer) throws -> JSONValue {
    try JSONValue(decoding: answer.body)
  }

  @Test func `the page is one file that runs nothing but its own script`() {
    let page = get("/", RunSite(PageExample.running))
    let text = String(decoding: page.body, as: UTF8.self)
    let policy = page["Content-Security-Policy"] ?? ""
    #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-"), "\(policy)")
    #expect(!policy.contains("unsafe"))
    // Nothing of the run is in it, and nothing from elsewhere.
    #expect(!text.contains("photos-1") && !text.contains("https:"))
    #expect(text.components(separatedBy: "http:").count == 2, "the name of SVG")
    #expect(text.components(separatedBy: "<script>").count == 2 && !text.contains("<script "))
    // What comes from a run never becomes markup.
    for risky in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
      #expect(!text.contains(risky), "\(risky)")
    }
    for attribute in ["onclick=", "onerror=", "style=\""] { #expect(!text.contains(attribute)) }
    for need in ["prefers-color-scheme: dark", "width=device-width", "lang=\"en\"", "<noscript>"] {
      #expect(text.contains(need), "\(need)")
    }
  }

  @Test func `the status has what the log and the coordinator tell`() throws {
    let status = try json(get("/status.json", RunSite(PageExample.running)))
    #expect(status["run"]?.string == "photos-1" && status["state"]?.string == "running")
    let curves = try json(get("/curves.json", RunSite(PageExample.running)))
    #expect(curves["curve"]?.encoded == "[[1,10,0.5,0.625,0.75,0.875,0.8125]]", "\(curves)")
    #expect(curves["losses"]?.encoded == "[[10,0.5]]", "\(curves)")
    #expect(status["figures"]?["validation_accuracy"]?.double == 0.875)
    #expect(status["figures"]?["training"]?.integer(as: Int.self) == 80)
    let phases = try #require(status["phases"]?.array)
    #expect(phases.map { $0["name"]?.string } == ["photographs", "steps"])
    #expect(phases[0]["left"] == .null)
    #expect(phases[1]["left"]?.double == 5)
    let worker = try #require(status["workers"]?.array?.first)
    #expect(worker["held"]?.integer(as: Int.self) == 60)
    #expect(worker["name"]?.string?.contains("\u{202E}") == false)
    let texts = try json(get("/texts.json", RunSite(PageExample.running)))
    #expect(
      texts["checkpoints"]?.array?.first?["file"]?.string == "step-00000010.safetensors")
    #expect(texts["warnings"]?.array?.count == 1 && texts["findings"]?.array?.count == 1)
    #expect(status["outcome"] == .null)
  }

  @Test func `the status says who is silent, before all others`() throws {
    var view = PageExample.running
    view.workers = [
      RunView.Worker(name: "a", threads: 1, state: "serving", held: 5, silentSeconds: 0.75),
      RunView.Worker(name: "b", threads: 1, state: "serving", held: 5, silentSeconds: 2.75),
    ]
    let site = RunSite(view)
    let status = try json(get("/status.json", site))
    let workers = try #require(status["workers"]?.array)
    #expect(workers.map { $0["name"]?.string } == ["b", "a"])
    #expect(workers.map { $0["state"]?.string } == ["silent", "serving"])
    #expect(workers.map { $0["seen"]?.integer(as: Int.self) } == [2, 0])
    let metrics = String(decoding: get("/metrics", site).body, as: UTF8.self)
    #expect(metrics.contains("tl_worker_silent_seconds{worker=\"b\"} 2.75\n"), "\(metrics)")
    // Nothing new in less than a second.
    let tag = try #require(get("/status.json", site)["ETag"])
    view.workers[0].silentSeconds = 0.25
    #expect(get("/status.json", RunSite(view), tag: tag).status == 304)
  }

  @Test func `what has not changed is not sent again`() throws {
    let first = get("/status.json", RunSite(PageExample.running))
    let tag = try #require(first["ETag"])
    let again = get("/status.json", RunSite(PageExample.running), tag: tag)
    #expect(again.status == 304 && again.body.isEmpty && again["ETag"] == tag)
    var later = PageExample.running
    later.step += 1
    #expect(get("/status.json", RunSite(later), tag: tag).status == 200)
  }

  @Test func `curves and texts are named by the status, and by another name where they differ`()
    throws
  {
    func names(_ view: RunView) throws -> [String?] {
      let status = try json(get("/status.json", RunSite(view)))
      return [status["curves"]?.string, status["texts"]?.string]
    }
    let before = PageExample.running
    var later = before
    later.step += 1
    #expect(try names(later) == names(before) && names(before).allSatisfy { $0?.count == 16 })
    later.add(stepLoss: 0.25, step: 11)
    later.add(warning: "another")
    let changed = try zip(names(before), names(later)).map { $0 != $1 }
    #expect(changed == [true, true])
    // The status itself stays small, whatever there is to draw and to read.
    for number in 1...200 {
      later.add(stepLoss: 1, step: number)
      later.add(warning: String(repeating: "w", count: 500))
    }
    #expect(get("/status.json", RunSite(later)).body.count < 4_096)
  }

  @Test func `a run of which nothing is known has a status too`() throws {
    for phase in [.notStarted, .preparing("reading"), .stopped("why"), .silent] as [RunView.Phase] {
      let site = RunSite(RunView(name: "new", phase: phase))
      #expect(try json(get("/status.json", site))["workers"]?.array?.isEmpty == true)
      #expect(try json(get("/curves.json", site))["curve"]?.array?.isEmpty == true)
      #expect(try json(get("/texts.json", site))["warnings"]?.array?.isEmpty == true)
      #expect(get("/outcome.json", site).status == 404)
    }
  }

  @Test func `long runs are thinned to what a chart can show`() throws {
    var view = PageExample.running
    for step in 1...4_000 { view.add(stepLoss: 1, step: step) }
    for number in 2...3_000 {
      var epoch = view.epochs[0]
      epoch.number = number
      view.epochs.append(epoch)
    }
    let curves = try json(get("/curves.json", RunSite(view)))
    for name in ["curve", "losses"] {
      #expect((200...401).contains(curves[name]?.array?.count ?? 0), "\(name)")
    }
    #expect(curves["curve"]?.array?.last?.array?.first?.integer(as: Int.self) == 3_000)
  }

  // MARK: Photographs

  @Test func `the outcome has figures of each class, and photographs by number`() throws {
    let site = RunSite(PageExample.running, RunSite.Outcome(PageExample.results))
    let outcome = try json(get("/outcome.json", site))
    #expect(outcome["correct"]?.integer(as: Int.self) == 3)
    #expect(outcome["cells"]?.encoded == "[[0,0,2],[0,1,1],[1,1,1]]")
    #expect(outcome["per_class"]?.array?[1].encoded.hasPrefix("[1,0.5,1.0,") == true)
    #expect(outcome["mistakes"]?.encoded == "[1]")
    #expect(outcome["missing_count"]?.integer(as: Int.self) == 1)
  }

  @Test func `pictures come by number, and nothing comes by a path`() throws {
    var outcome = RunSite.Outcome(PageExample.results)
    outcome.add([[0xFF, 0xD8], []])
    let site = RunSite(PageExample.running, outcome)
    let status = try json(get("/status.json", site))
    let name = try #require(status["outcome"]?.string)
    #expect(status["pictures"]?.integer(as: Int.self) == 2)
    let picture = get("/photographs/\(name)/0.jpg", site)
    #expect(picture.status == 200 && picture.body == [0xFF, 0xD8])
    #expect(picture["Content-Type"] == "image/jpeg")
    for path in [
      "/photographs/\(name)/1.jpg", "/photographs/\(name)/2.jpg", "/photographs/\(name)/-1.jpg",
      "/photographs/\(name)/99999999999999999999.jpg", "/photographs/other/0.jpg",
      "/photographs/\(name)/0.png", "/photographs/\(name)/0", "/photographs/\(name)/",
      "/photographs/\(name)/../../etc/passwd", "/photographs/../../etc/passwd",
      "/x/photographs/\(name)/0.jpg", "/etc/passwd", "", "//", "/status.json/",
      "/photographs/\(name)/0.jpg/", "\u{0}",
    ] {
      #expect(get(path, site).status == 404, "\(path)")
    }
  }

  @Test func `health is a word`() {
    #expect(get("/healthz", RunSite(PageExample.running)).body == Array("ok\n".utf8))
  }
}
