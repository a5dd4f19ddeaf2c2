import Files
import Glibc
import RunFiles
import Synchronization

/// The real file system, until a given call goes wrong.
final class FaultyFileSystem: FileSystem {
  enum Fault: CaseIterable {
    /// The call fails; nothing happens on disk.
    case noSpace, brokenDisk
    /// A signal arrives first; the next try works.
    case interruption
    /// Half of a write is done, and the rest when it is tried again.
    case shortWrite
    /// Half of a write is done, and then there is no space.
    case shortWriteThenNoSpace
    /// The process ends before, after, or in the midst of the call.
    case deathBefore, deathAfter, deathWithin
  }

  private struct State {
    var callCount = 0
    var isDead = false
    var isFull = false
  }

  private let real = LinuxFileSystem()
  private let fault: Fault
  private let faultyCall: Int
  private let state = Mutex(State())

  /// - Parameter faultyCall: from 1; 0 lets all calls work.
  init(_ fault: Fault, call faultyCall: Int) {
    self.fault = fault
    self.faultyCall = faultyCall
  }

  var callCount: Int { state.withLock { $0.callCount } }
  var isDead: Bool { state.withLock { $0.isDead } }

  private func perform<Result>(
    _ path: String, halfWrite: (() throws(SystemError) -> Result)? = nil,
    _ call: () throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    let (isDead, isFull, isFaulty) = state.withLock { state in
      state.callCount += 1
      let isFaulty = state.callCount == faultyCall
      if isFaulty, [.deathBefore, .deathAfter, .deathWithin].contains(fault) {
        state.isDead = true
      }
      if isFaulty, fault == .shortWriteThenNoSpace { state.isFull = true }
      return (state.isDead, state.isFull, isFaulty)
    }
    if isDead && !isFaulty { throw SystemError(number: EIO, path: path) }
    if isFull && !isFaulty && halfWrite != nil { throw SystemError(number: ENOSPC, path: path) }
    guard isFaulty else { return try call() }
    switch fault {
    case .noSpace: throw SystemError(number: ENOSPC, path: path)
    case .brokenDisk: throw SystemError(number: EIO, path: path)
    case .interruption: throw SystemError(number: EINTR, path: path)
    case .shortWrite, .shortWriteThenNoSpace:
      if let halfWrite { return try halfWrite() }
      return try call()
    case .deathBefore: throw SystemError(number: EIO, path: path)
    case .deathAfter:
      _ = try call()
      throw SystemError(number: EIO, path: path)
    case .deathWithin:
      if let halfWrite { _ = try halfWrite() }
      throw SystemError(number: EIO, path: path)
    }
  }

  func open(_ path: String, flags: Int32, permissions: UInt32) throws(SystemError) -> Int32 {
    try perform(path) { () throws(SystemError) in
      try real.open(path, flags: flags, permissions: permissions)
    }
  }

  func write(
    _ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String
  ) throws(SystemError) -> Int {
    try perform(
      path,
      halfWrite: { () throws(SystemError) in
        try self.real.write(bytes.prefix(bytes.count / 2 + 1), to: descriptor, path: path)
      },
      { () throws(SystemError) in try real.write(bytes, to: descriptor, path: path) })
  }

  func truncate(_ descriptor: Int32, to byteCount: Int, path: String) throws(SystemError) {
    try perform(path) { () throws(SystemError) in
      try real.truncate(descriptor, to: byteCount, path: path)
    }
  }

  func synchronize(_ descriptor: Int32, path: String) throws(SystemError) {
    try perform(path) { () throws(SystemError) in
      try real.synchronize(descriptor, path: path)
    }
  }

  func close(_ descriptor: Int32, path: String) throws(SystemError) {
    // Whatever a close reports, and however a process ends, the descriptor is free.
    try real.close(descriptor, path: path)
    try perform(path) { () throws(SystemError) in }
  }

  func rename(_ path: String, to newPath: String) throws(SystemError) {
    try perform(path) { () throws(SystemError) in try real.rename(path, to: newPath) }
  }

  func remove(_ path: String) throws(SystemError) {
    try perform(path) { () throws(SystemError) in try real.remove(path) }
  }

  func makeFolder(_ path: String) throws(SystemError) {
    try perform(path) { () throws(SystemError) in try real.makeFolder(path) }
  }
}

/// A disk that takes only so many bytes more.
final class FullDisk: FileSystem {
  let room = Mutex(Int.max)
  private let real = LinuxFileSystem()

  func write(
    _ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String
  ) throws(SystemError) -> Int {
    let count = room.withLock { room in
      let count = min(room, bytes.count)
      room -= count
      return count
    }
    guard count > 0 else { throw SystemError(number: ENOSPC, path: path) }
    return try real.write(bytes.prefix(count), to: descriptor, path: path)
  }

  func open(_ path: String, flags: Int32, permissions: UInt32) throws(SystemError) -> Int32 {
    try real.open(path, flags: flags, permissions: permissions)
  }

  func truncate(_ descriptor: Int32, to byteCount: Int, path: String) throws(SystemError) {
    try real.truncate(descriptor, to: byteCount, path: path)
  }

  func synchronize(_ descriptor: Int32, path: String) throws(SystemError) {
    try real.synchronize(descriptor, path: path)
  }

  func close(_ descriptor: Int32, path: String) throws(SystemError) {
    try real.close(descriptor, path: path)
  }

  func rename(_ path: String, to newPath: String) throws(SystemError) {
    try real.rename(path, to: newPath)
  }

  func remove(_ path: String) throws(SystemError) { try real.remove(path) }

  func makeFolder(_ path: String) throws(SystemError) { try real.makeFolder(path) }
}
