/// The least number of insertions, deletions, substitutions and swaps of neighbours that turn one
/// word into the other, no letter being touched twice ("optimal string alignment").
public func editDistance(_ first: String, _ second: String) -> Int {
  let a = Array(first)
  let b = Array(second)
  // Three rows of the table suffice: a swap looks back two.
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for j in 0..<b.count {
      var least = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        least = min(least, beforeLast[j - 1] + 1)
      }
      row.append(least)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}

/// The candidate that `word` was probably meant to be, or nil where none is near: a beginning
/// of it, or at most a third of its letters (at least one) away. Ties go to the earlier candidate.
public func suggestion(for word: String, among candidates: [String]) -> String? {
  let word = word.lowercased()
  // A longer word is no slip of the finger, and the table would be large.
  let wordLengthMax = 64
  guard !word.isEmpty, word.count <= wordLengthMax else { return nil }
  let distances = candidates.map { (name: $0, distance: editDistance(word, $0.lowercased())) }
  if let best = distances.min(by: { $0.distance < $1.distance }),
    best.distance <= max(1, max(word.count, best.name.count) / 3), best.distance < best.name.count
  {
    return best.name
  }
  guard word.count >= 3 else { return nil }
  return candidates.first { $0.lowercased().hasPrefix(word) }
}

/// "Did you mean …?" for the nearest candidate, or the empty string.
func didYouMean(_ word: String, among candidates: [String]) -> String {
  guard let near = suggestion(for: word, among: candidates) else { return "" }
  return "Did you mean '\(near)'?"
}
