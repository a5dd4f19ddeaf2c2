import Archive
import TestSupport
import Transfer

let archiveTargets = [
  FuzzTarget(
    name: "archive",
    seeds: {
      [
        ArchiveWriting.tar(items), ArchiveWriting.gzip(ArchiveWriting.tar(items)),
        ArchiveWriting.zip(items),
      ]
    },
    test: { input in
      guard var reader = try? ArchiveReader(bytes: input) else { return }
      var rules = UnpackingRules(limits)
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      do throws(ArchiveError) {
        while let entry = try reader.next() {
          guard let place = try rules.admit(entry) else { continue }
          let isBelow = place.names.allSatisfy { name in
            !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
          }
          precondition(isBelow && !place.names.isEmpty, "\(place) leads out of the folder")
          if place.isFolder { continue }
          while true {
            let count = try reader.read(into: &buffer)
            guard count > 0 else { break }
            try rules.take(byteCount: count)
          }
        }
      } catch {}
    }),
  FuzzTarget(
    name: "answer-head",
    seeds: {
      [
        Array("HTTP/1.1 206 P\r\nContent-Range: bytes 1-2/3\r\nContent-Length: 2\r\n".utf8),
        Array("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\nHTTP/2 200\r\n".utf8),
      ]
    },
    test: { input in
      var head = AnswerHead()
      for line in input.split(separator: 10, omittingEmptySubsequences: false) {
        head.take(line: String(decoding: line, as: UTF8.self))
      }
      if let range = head.contentRange {
        precondition(range.first >= 0 && range.first <= range.last)
        precondition(range.total.map { $0 > range.last } ?? true)
      }
      if let length = head.contentLength { precondition(length >= 0) }
    }),
]

private let limits = UnpackingRules.Limits(byteCountMax: 1 << 16, entryCountMax: 16)

private let items = [
  ArchiveWriting.Item("photos/", type: "5"),
  ArchiveWriting.Item("photos/a/1.jpg", [1, 2, 3]),
  ArchiveWriting.Item("photos/b/2.jpg", [UInt8](repeating: 4, count: 600)),
]
