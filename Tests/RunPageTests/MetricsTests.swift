import Monitoring
import RunPage
import Testing

@Suite struct `Metrics for Prometheus` {
  @Test func `have the run's figures, each with what it is`() {
    let text = Metrics.text(of: PageExample.running)
    for line in [
      "tl_run_info{run=\"photos-1\",state=\"running\"} 1", "tl_steps_total 10",
      "tl_steps_planned 60", "tl_epochs_total 1", "tl_photographs_total 100",
      "tl_loss{split=\"training\"} 0.5", "tl_loss{split=\"validation\"} 0.625",
      "tl_accuracy{split=\"validation\"} 0.875",
      "tl_balanced_accuracy{split=\"validation\"} 0.8125",
      "tl_workers{state=\"serving\"} 1", "tl_worker_threads 4", "tl_checkpoint_step 10",
      "tl_checkpoint_timestamp_seconds 6", "tl_remaining_seconds 5", "tl_warnings 1",
      "# TYPE tl_steps_total counter", "# TYPE tl_loss gauge",
    ] {
      #expect(text.contains("\n\(line)\n") || text.hasPrefix("\(line)\n"), "\(line)\n\(text)")
    }
  }

  @Test func `every series has its help and its type, once, and counters are named as such`() {
    let lines = Metrics.text(of: PageExample.running).split(separator: "\n")
    var types: [Substring: Substring] = [:]
    for line in lines where line.hasPrefix("# TYPE ") {
      let words = line.split(separator: " ")
      #expect(types.updateValue(words[3], forKey: words[2]) == nil, "\(line)")
      #expect((words[3] == "counter") == words[2].hasSuffix("_total"), "\(line)")
      #expect(lines.filter { $0.hasPrefix("# HELP \(words[2]) ") }.count == 1)
    }
    for line in lines where !line.hasPrefix("#") {
      let name = line.prefix { $0 != "{" && $0 != " " }
      #expect(types[name] != nil, "\(line)")
      #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
    }
  }

  @Test func `a name can't end its label`() {
    var view = PageExample.running
    view.workers = [.init(name: "a\"} 1\nevil{x=\"\\", threads: 1, state: "serving", held: 3)]
    let text = Metrics.text(of: view)
    #expect(text.contains("tl_worker_samples_held{worker=\"a\\\"} 1\\nevil{x=\\\"\\\\\"} 3\n"))
    #expect(!text.contains("\nevil"))
  }

  @Test func `what isn't known is left out`() {
    let text = Metrics.text(of: RunView(name: "new", phase: .notStarted))
    for name in ["tl_loss", "tl_accuracy", "tl_photographs_total", "tl_steps_planned", "nan"] {
      #expect(!text.contains(name), "\(text)")
    }
    #expect(
      text.contains("state=\"not_started\"") && text.contains("tl_workers{state=\"serving\"} 0"))
  }
}
