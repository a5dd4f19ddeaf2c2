import CommandLine
import Monitoring
import RunDisplay
import Testing

/// What people read about who may join.
@Suite struct InvitationTests {
  private func lines(
    _ listen: String, advertised: String? = nil, token: String? = "tl1_x", isInsecure: Bool = false,
    isAnnounced: Bool = false
  ) -> [String] {
    var narrator = RunNarrator(run: "run", localWorkers: 0, style: .plain)
    return narrator.tell(
      .invitation(
        Invitation(
          listen: listen, advertised: advertised, token: token, isInsecure: isInsecure,
          isAnnounced: isAnnounced))
    ).lines
  }

  @Test func `on this machine its user needs no token`() {
    #expect(lines("127.0.0.1:5555") == ["Workers join with: tl-worker join 127.0.0.1:5555"])
    #expect(lines("[::1]:5555") == ["Workers join with: tl-worker join [::1]:5555"])
  }

  @Test func `others are told the token and the address by which they come`() {
    #expect(
      lines("192.0.2.1:5555") == [
        "Workers join with: tl-worker join 192.0.2.1:5555 --token tl1_x"
      ])
    #expect(
      lines("0.0.0.0:5555", advertised: "studio.example:99") == [
        "Workers join with: tl-worker join studio.example:99 --token tl1_x"
      ])
    let open = lines("0.0.0.0:5555")[0]
    #expect(open.hasSuffix(":5555 --token tl1_x") && !open.contains("0.0.0.0"))
  }

  @Test func `where the run is announced the address can be left out`() {
    #expect(
      lines("192.0.2.1:5555", isAnnounced: true).last
        == "where Avahi runs, computers of this network find it without the address: "
        + "tl-worker join --token tl1_x")
  }

  @Test func `of several addresses the one that others reach comes first`() {
    #expect(
      lines("127.0.0.1:5555,192.0.2.1:5555,[2001:db8::1]:5556") == [
        "Workers join with: tl-worker join 192.0.2.1:5555 --token tl1_x",
        "or at 127.0.0.1:5555, or at [2001:db8::1]:5556",
      ])
    #expect(
      lines("127.0.0.1:5555,[::1]:5555") == [
        "Workers join with: tl-worker join 127.0.0.1:5555", "or at [::1]:5555",
      ])
  }

  @Test func `where no token is told, how to get one is said`() {
    let lines = lines("192.0.2.1:5555", token: nil)
    #expect(lines.first?.hasSuffix("--token TOKEN") == true)
    #expect(lines.last?.contains("tl-coord token show") == true)
    #expect(lines.last?.contains("tl-coord token add") == true)
  }

  @Test func `without encryption there is a warning and no token`() {
    let lines = lines("192.0.2.1:5555", token: nil, isInsecure: true)
    #expect(lines.first?.hasSuffix("--insecure") == true)
    #expect(lines.last?.hasPrefix("warning: whoever reaches 192.0.2.1:5555") == true)
  }
}
