import CKernels

/// What the processor itself could do, for benchmarks to compare with: independent multiply-adds in
/// registers, in the cheapest exact form that an instruction set has.
public enum ProcessorLimit {
  /// Runs float32 multiply-adds.
  ///
  /// - Parameter rounds: how long; a round takes some 8 to 32 cycles
  /// - Returns: the multiply-adds of single values done
  public static func float32(_ set: InstructionSet, rounds: Int) -> Int {
    precondition(set.isSupported && rounds >= 0)
    return set.functions.limit_f32(rounds) * rounds
  }

  /// Runs int8 multiply-adds with sums of 32 bits: dot products where the set has them, else products of
  /// bytes that add up to 16 bits by fours (AVX2), or of 16-bit pairs that were widened before.
  ///
  /// - Returns: the multiply-adds of single values done
  public static func int8(_ set: InstructionSet, rounds: Int) -> Int {
    precondition(set.isSupported && rounds >= 0)
    return set.functions.limit_u8s8(rounds) * rounds
  }
}
