import Glibc

/// The schedule under way, for the report of a crash.
nonisolated(unsafe) private var lastSeed: UInt64 = 0
nonisolated(unsafe) private var isInstalled = false

/// Remembers a schedule, so that a trap in the cores, which ends the process, names its seed.
func announce(seed: UInt64) {
  // unsafe: only this, the main thread, writes; the handler runs on it too.
  unsafe lastSeed = seed
  if unsafe isInstalled { return }
  unsafe isInstalled = true
  for number in [SIGILL, SIGTRAP] {
    signal(number) { _ in
      // Nothing but a system call is safe in a handler: the digits are made by hand.
      var digits: [20 of UInt8] = .init(repeating: 0x20)
      var rest = unsafe lastSeed
      var place = 19
      repeat {
        digits[place] = UInt8(0x30 + rest % 10)
        rest /= 10
        place -= 1
      } while rest > 0 && place >= 0
      var text: [32 of UInt8] = .init(repeating: 0x0a)
      for (place, letter) in [0x0a, 0x73, 0x65, 0x65, 0x64, 0x20].enumerated() {
        text[place] = UInt8(letter)
      }
      for place in 0..<20 { text[6 + place] = digits[place] }
      let span = text.span
      _ = unsafe span.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, 27) }
      _exit(70)
    }
  }
}
