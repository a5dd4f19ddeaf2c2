import CKernels

/// The C functions behind `HeadKernels`, for one instruction set.
@safe struct HeadFunctions: Sendable {
  typealias Floats = UnsafePointer<Float>?
  typealias MutableFloats = UnsafeMutablePointer<Float>?
  typealias Sums = UnsafePointer<Int64>?
  typealias MutableSums = UnsafeMutablePointer<Int64>?
  typealias AdamW =
    @Sendable (
      MutableFloats, MutableFloats, MutableFloats, Sums, Int, UnsafePointer<tl_adamw>?, Float
    ) -> Bool
  typealias Momentum =
    @Sendable (MutableFloats, MutableFloats, Sums, Int, UnsafePointer<tl_sgd>?, Float) -> Bool

  let forward: @Sendable (Floats, Floats, Floats, MutableFloats, Int, Int, Int) -> Void
  let softmax: @Sendable (Floats, Float, Int, Int, Float, Float, MutableFloats) -> Float
  let gradient: @Sendable (Floats, Floats, MutableSums, Int, Int, Int) -> Void
  let add: @Sendable (MutableSums, Sums, Int, Int64) -> Bool
  let adamw: AdamW
  let sgd: Momentum

  init(_ instructionSet: InstructionSet) {
    switch instructionSet {
    #if arch(x86_64)
      case .avx512, .avx512vnni:
        unsafe forward = head_forward_avx512
        unsafe softmax = head_softmax_avx512
        unsafe gradient = head_gradient_avx512
        unsafe add = head_add_avx512
        unsafe adamw = head_adamw_avx512
        unsafe sgd = head_sgd_avx512
      case .avx2:
        unsafe forward = head_forward_avx2
        unsafe softmax = head_softmax_avx2
        unsafe gradient = head_gradient_avx2
        unsafe add = head_add_avx2
        unsafe adamw = head_adamw_avx2
        unsafe sgd = head_sgd_avx2
    #elseif arch(arm64)
      case .neon, .neondot:
        unsafe forward = head_forward_neon
        unsafe softmax = head_softmax_neon
        unsafe gradient = head_gradient_neon
        unsafe add = head_add_neon
        unsafe adamw = head_adamw_neon
        unsafe sgd = head_sgd_neon
    #endif
    default:
      unsafe forward = head_forward_scalar
      unsafe softmax = head_softmax_scalar
      unsafe gradient = head_gradient_scalar
      unsafe add = head_add_scalar
      unsafe adamw = head_adamw_scalar
      unsafe sgd = head_sgd_scalar
    }
  }
}
