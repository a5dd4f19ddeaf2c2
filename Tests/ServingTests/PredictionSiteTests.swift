import HTTP
import Serving
import Testing

@Suite struct `Figures and page of a service` {
  @Test func `are in the form that Prometheus scrapes`() {
    var service = PredictionService.Counts()
    service.waiting = 3
    service.turnedAway = 2
    service.pictures = [.answered: 7, .undecodable: 1]
    var text = MetricsText()
    PredictionSite.add(HTTPCounts(), service, to: &text)
    let lines = text.text.split(separator: "\n").map(String.init)
    for line in [
      "tl_predict_waiting 3", "tl_predict_rejected_total 2",
      "tl_predict_pictures_total{result=\"answered\"} 7",
      "tl_predict_pictures_total{result=\"undecodable\"} 1",
      "tl_predict_pictures_total{result=\"no_memory\"} 0",
      "# TYPE tl_predict_duration_seconds histogram", "tl_predict_duration_seconds_count 0",
      "tl_predict_duration_seconds_bucket{le=\"+Inf\"} 0",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    // Every figure has its help and its kind, once.
    let names = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
    #expect(Set(names).count == names.count && names.count >= 6)
    for line in lines where !line.hasPrefix("#") {
      #expect(names.contains { line.hasPrefix($0) }, "\(line)")
    }
  }

  @Test func `the page has no script but its own, and nothing from elsewhere`() {
    let page = String(decoding: PredictionPage.page.bytes, as: UTF8.self)
    #expect(page.ranges(of: "<script").count == 1)
    for word in ["http://", "https://", "innerHTML", "eval(", "onclick", "src=\"", "style=\""] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(PredictionPage.page.policy.contains("script-src 'sha256-"))
    #expect(!PredictionPage.page.policy.contains("unsafe"))
    #expect(page.contains("prefers-color-scheme: dark"))
  }
}
