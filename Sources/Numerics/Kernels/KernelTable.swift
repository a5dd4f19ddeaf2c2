import CKernels

/// One variant of every kernel of the backbone. Chosen once at start; all tables give the same bits.
@safe public struct KernelTable: Sendable {
  public let instructionSet: InstructionSet
  let float32: Float32Functions
  let int8: Int8Functions

  /// The table of the instruction set that this process uses.
  public static let best = KernelTable(.chosen)

  /// The table of one instruction set, nil where this processor can't run it.
  public static func forced(_ set: InstructionSet) -> KernelTable? {
    set.isSupported ? KernelTable(set) : nil
  }

  private init(_ set: InstructionSet) {
    instructionSet = set
    float32 = Float32Functions(set)
    int8 = Int8Functions(set)
  }
}

/// The C functions of the float32 backbone, for one instruction set.
@safe struct Float32Functions: Sendable {
  let convolution: @convention(c) (UnsafePointer<tl_f32_convolution>?) -> Void
  let depthwise: @convention(c) (UnsafePointer<tl_f32_depthwise>?) -> Void
  let averagePool: @convention(c) (UnsafePointer<tl_f32_average_pool>?) -> Void
  let add: @convention(c) (UnsafePointer<tl_f32_binary>?) -> Void
  let multiply: @convention(c) (UnsafePointer<tl_f32_binary>?) -> Void

  init(_ set: InstructionSet) {
    switch set {
    #if arch(x86_64)
      case .avx512, .avx512vnni:
        unsafe convolution = f32_convolution_avx512
        unsafe depthwise = f32_depthwise_avx512
        unsafe averagePool = f32_average_pool_avx512
        unsafe add = f32_add_avx512
        unsafe multiply = f32_multiply_avx512
      case .avx2:
        unsafe convolution = f32_convolution_avx2
        unsafe depthwise = f32_depthwise_avx2
        unsafe averagePool = f32_average_pool_avx2
        unsafe add = f32_add_avx2
        unsafe multiply = f32_multiply_avx2
    #elseif arch(arm64)
      case .neon, .neondot:
        unsafe convolution = f32_convolution_neon
        unsafe depthwise = f32_depthwise_neon
        unsafe averagePool = f32_average_pool_neon
        unsafe add = f32_add_neon
        unsafe multiply = f32_multiply_neon
    #endif
    default:
      unsafe convolution = f32_convolution_scalar
      unsafe depthwise = f32_depthwise_scalar
      unsafe averagePool = f32_average_pool_scalar
      unsafe add = f32_add_scalar
      unsafe multiply = f32_multiply_scalar
    }
  }
}

/// The C functions of the int8 backbone, for one instruction set.
@safe struct Int8Functions: Sendable {
  let convolution: @convention(c) (UnsafePointer<tl_u8s8_convolution>?) -> Void
  let depthwise: @convention(c) (UnsafePointer<tl_u8s8_depthwise>?) -> Void
  let averagePool: @convention(c) (UnsafePointer<tl_u8_average_pool>?) -> Void
  let widenPixels: @convention(c) (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> Void
  /// Nil where the two layers are as fast apart.
  let expandDepthwise: (@convention(c) (UnsafePointer<tl_u8s8_expand_depthwise>?) -> Void)?

  init(_ set: InstructionSet) {
    unsafe expandDepthwise = Self.expandDepthwise(set)
    switch set {
    #if arch(x86_64)
      case .avx512vnni:
        unsafe convolution = u8s8_convolution_avx512vnni
        unsafe depthwise = u8s8_depthwise_avx512vnni
        unsafe averagePool = u8_average_pool_avx2
        unsafe widenPixels = u8_widen_pixels_avx2
      case .avx512:
        unsafe convolution = u8s8_convolution_avx512
        unsafe depthwise = u8s8_depthwise_avx2
        unsafe averagePool = u8_average_pool_avx2
        unsafe widenPixels = u8_widen_pixels_avx2
      case .avx2:
        unsafe convolution = u8s8_convolution_avx2
        unsafe depthwise = u8s8_depthwise_avx2
        unsafe averagePool = u8_average_pool_avx2
        unsafe widenPixels = u8_widen_pixels_avx2
    #elseif arch(arm64)
      case .neondot:
        unsafe convolution = u8s8_convolution_neondot
        unsafe depthwise = u8s8_depthwise_neondot
        unsafe averagePool = u8_average_pool_neon
        unsafe widenPixels = u8_widen_pixels_neon
      case .neon:
        unsafe convolution = u8s8_convolution_neon
        unsafe depthwise = u8s8_depthwise_neon
        unsafe averagePool = u8_average_pool_neon
        unsafe widenPixels = u8_widen_pixels_neon
    #endif
    default:
      unsafe convolution = u8s8_convolution_scalar
      unsafe depthwise = u8s8_depthwise_scalar
      unsafe averagePool = u8_average_pool_scalar
      unsafe widenPixels = u8_widen_pixels_scalar
    }
  }

  private static func expandDepthwise(
    _ set: InstructionSet
  ) -> (@convention(c) (UnsafePointer<tl_u8s8_expand_depthwise>?) -> Void)? {
    #if arch(x86_64)
      if set == .avx512vnni { return unsafe u8s8_expand_depthwise_avx512vnni }
    #elseif arch(arm64)
      if set == .neondot { return unsafe u8s8_expand_depthwise_neondot }
    #endif
    return nil
  }
}
