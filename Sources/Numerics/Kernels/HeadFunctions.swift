import CKernels

/// The C functions behind `HeadKernels`, for one instruction set.
@safe struct HeadFunctions: Sendable {
  typealias Floats = UnsafePointer<Float>?
  typealias MutableFloats = UnsafeMutablePointer<Float>?
  typealias Sums = UnsafePointer<Int64>?
  typealias MutableSums = UnsafeMutablePointer<Int64>?
  typealias AdamW =
    @convention(c) (
      MutableFloats, MutableFloats, MutableFloats, Sums, Int, UnsafePointer<tl_adamw>?, Float
    ) -> Bool
  typealias Momentum =
    @convention(c) (MutableFloats, MutableFloats, Sums, Int, UnsafePointer<tl_sgd>?, Float) -> Bool

  let forward: @convention(c) (Floats, Floats, Floats, MutableFloats, Int, Int, Int) -> Void
  let softmax: @convention(c) (Floats, Float, Int, Int, Float, Float, MutableFloats) -> Float
  let gradient: @convention(c) (Floats, Floats, MutableSums, Int, Int, Int) -> Void
  let add: @convention(c) (MutableSums, Sums, Int, Int64) -> Bool
  let adamw: AdamW
  let sgd: Momentum

  init(_ functions: tl_kernels) {
    unsafe forward = functions.head_forward
    unsafe softmax = functions.head_softmax
    unsafe gradient = functions.head_gradient
    unsafe add = functions.head_add
    unsafe adamw = functions.head_adamw
    unsafe sgd = functions.head_sgd
  }
}
