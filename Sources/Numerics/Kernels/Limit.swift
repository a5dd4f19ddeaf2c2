import CKernels

/// What the processor itself could do, for benchmarks to compare with.
public enum ProcessorLimit {
  /// Runs independent float32 multiply-adds in registers.
  ///
  /// - Parameter rounds: how long; a round takes some 8 to 32 cycles
  /// - Returns: the multiply-adds of single values done
  public static func float32(_ set: InstructionSet, rounds: Int) -> Int {
    precondition(set.isSupported && rounds >= 0)
    let perRound =
      switch set {
      #if arch(x86_64)
        case .avx512, .avx512vnni: limit_f32_avx512(rounds)
        case .avx2: limit_f32_avx2(rounds)
      #elseif arch(arm64)
        case .neon, .neondot: limit_f32_neon(rounds)
      #endif
      default: limit_f32_scalar(rounds)
      }
    return perRound * rounds
  }

  /// Runs independent int8 dot products in registers, with VNNI or NEON's.
  ///
  /// - Returns: the multiply-adds of single values done; nil where the processor has neither
  public static func int8(rounds: Int) -> Int? {
    precondition(rounds >= 0)
    #if arch(x86_64)
      guard InstructionSet.avx512vnni.isSupported else { return nil }
      return limit_u8s8_avx512vnni(rounds) * rounds
    #elseif arch(arm64)
      guard InstructionSet.neondot.isSupported else { return nil }
      return limit_u8s8_neondot(rounds) * rounds
    #else
      return nil
    #endif
  }
}
