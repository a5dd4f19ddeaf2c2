import CKernels
import Glibc

/// The instruction sets for which kernels exist. All variants of a kernel give the same bits.
public enum InstructionSet: String, CaseIterable, Sendable {
  // In rising order of speed among those that one processor may have.

  /// The plain reference, which runs on every processor.
  case scalar
  /// AVX2 with FMA.
  case avx2
  /// AVX-512 with F, DQ, BW and VL.
  case avx512
  /// The same with VNNI, the int8 dot product.
  case avx512vnni
  /// NEON of AArch64.
  case neon
  /// The same with the int8 dot product.
  case neondot

  /// Whether this machine can run it.
  public var isSupported: Bool {
    switch self {
    case .scalar: true
    case .avx2: tl_supports_avx2()
    case .avx512: tl_supports_avx512()
    case .avx512vnni: tl_supports_avx512vnni()
    case .neon: tl_supports_neon()
    case .neondot: tl_supports_neondot()
    }
  }

  /// The fastest that this machine can run.
  public static let fastest: InstructionSet =
    allCases.last { $0.isSupported } ?? .scalar

  /// What `TL_KERNELS` asks for, where it names one that this machine can run, else the fastest.
  /// Commands refuse a wrong name before they come here.
  public static let chosen: InstructionSet = {
    guard let value = unsafe getenv("TL_KERNELS") else { return fastest }
    guard let asked = InstructionSet(rawValue: unsafe String(cString: value)), asked.isSupported
    else { return fastest }
    return asked
  }()
}
