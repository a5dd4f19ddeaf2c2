import CKernels
import Glibc

/// An instruction set for which kernels exist, as the registry in C lists them (`kernel_sets.c`).
/// All variants of a kernel give the same bits.
@safe
public struct InstructionSet: RawRepresentable, Hashable, Sendable, CaseIterable,
  CustomStringConvertible
{
  /// Its place in the registry.
  let index: Int

  /// The plain reference, which runs on every processor.
  public static let scalar = InstructionSet(index: 0)

  /// All of this architecture, in rising order of speed among those that one processor may have.
  public static let allCases = (0..<tl_kernel_set_count()).map(InstructionSet.init(index:))

  private init(index: Int) { self.index = index }

  /// The set of that name, nil where this architecture has none.
  public init?(rawValue: String) {
    guard let set = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = set
  }

  /// The name that `TL_KERNELS` takes.
  public var rawValue: String {
    // unsafe: the registry's names are constants.
    unsafe String(cString: tl_kernel_set_name(index))
  }

  public var description: String { rawValue }

  /// Whether this machine can run it.
  public var isSupported: Bool { tl_kernel_set_is_supported(index) }

  /// Its functions: its own, and those of its predecessor that it doesn't improve.
  var functions: tl_kernels { tl_kernel_set_kernels(index) }

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
