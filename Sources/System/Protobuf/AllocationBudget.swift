import CProtobufC
import Glibc

/// A bound on the memory that protobuf-c may take to unpack one message.
///
/// Hostile bytes inflate: a repeated message costs two bytes on the wire and more than a hundred in
/// memory. The bound counts everything that is ever allocated during the unpacking, freed or not,
/// so that it needs no bookkeeping per block and holds for the peak as well.
@safe struct AllocationBudget {
  private var remaining: Int
  private(set) var isExhausted = false

  /// What the system's allocator is taken to add to each block, at least, in bytes.
  private static let overheadPerBlock = 16

  init(byteCount: Int) { remaining = byteCount }

  private mutating func take(_ byteCount: Int) -> Bool {
    let (cost, overflow) = byteCount.addingReportingOverflow(Self.overheadPerBlock)
    guard byteCount >= 0, !overflow, cost <= remaining else {
      isExhausted = true
      return false
    }
    remaining -= cost
    return true
  }

  /// Runs `body` with an allocator that draws on this budget and gives nothing once it is spent.
  mutating func withAllocator<R>(
    _ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> R
  ) -> R {
    // unsafe: the pointers to the budget and the allocator live as long as the call of `body`.
    unsafe withUnsafeMutablePointer(to: &self) { budget in
      var allocator = unsafe ProtobufCAllocator(
        alloc: { budget, byteCount in
          guard let budget = unsafe budget?.assumingMemoryBound(to: AllocationBudget.self),
            unsafe budget.pointee.take(byteCount)
          else { return nil }
          return unsafe malloc(max(byteCount, 1))
        },
        free: { _, block in unsafe free(block) },
        allocator_data: budget)
      return unsafe withUnsafeMutablePointer(to: &allocator) { unsafe body($0) }
    }
  }

  /// Runs `body` with an allocator that only frees what an allocator of a budget gave.
  static func withFreeingAllocator(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> Void) {
    var nothing = AllocationBudget(byteCount: 0)
    unsafe nothing.withAllocator(body)
  }
}
