import CKernels

/// One variant of every kernel of the backbone, and of those that make its input. Chosen once at start; all tables give the same bits.
@safe public struct KernelTable: Sendable {
  public let instructionSet: InstructionSet
  let float32: Float32Functions
  let int8: Int8Functions
  let resizing: ResizeFunctions

  /// The table of the instruction set that this process uses.
  public static let best = KernelTable(.chosen)

  /// The table of one instruction set, nil where this processor can't run it.
  public static func forced(_ set: InstructionSet) -> KernelTable? {
    set.isSupported ? KernelTable(set) : nil
  }

  private init(_ set: InstructionSet) {
    instructionSet = set
    let functions = set.functions
    float32 = Float32Functions(functions)
    int8 = Int8Functions(functions)
    resizing = ResizeFunctions(functions)
  }
}

/// The C functions of the float32 backbone, for one instruction set.
@safe struct Float32Functions: Sendable {
  let convolution: @convention(c) (UnsafePointer<tl_f32_convolution>?) -> Void
  let depthwise: @convention(c) (UnsafePointer<tl_f32_depthwise>?) -> Void
  let averagePool: @convention(c) (UnsafePointer<tl_f32_average_pool>?) -> Void
  let add: @convention(c) (UnsafePointer<tl_f32_binary>?) -> Void
  let multiply: @convention(c) (UnsafePointer<tl_f32_binary>?) -> Void

  init(_ functions: tl_kernels) {
    unsafe convolution = functions.f32_convolution
    unsafe depthwise = functions.f32_depthwise
    unsafe averagePool = functions.f32_average_pool
    unsafe add = functions.f32_add
    unsafe multiply = functions.f32_multiply
  }
}

/// The C functions of the int8 backbone, for one instruction set.
@safe struct Int8Functions: Sendable {
  let convolution: @convention(c) (UnsafePointer<tl_u8s8_convolution>?) -> Void
  let depthwise: @convention(c) (UnsafePointer<tl_u8s8_depthwise>?) -> Void
  let averagePool: @convention(c) (UnsafePointer<tl_u8_average_pool>?) -> Void
  let lookUp: @convention(c) (UnsafePointer<tl_u8_lookup>?) -> Void
  let widenPixels: @convention(c) (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> Void
  /// Nil where the two layers are as fast apart.
  let expandDepthwise: (@convention(c) (UnsafePointer<tl_u8s8_expand_depthwise>?) -> Void)?

  init(_ functions: tl_kernels) {
    unsafe convolution = functions.u8s8_convolution
    unsafe depthwise = functions.u8s8_depthwise
    unsafe averagePool = functions.u8_average_pool
    unsafe lookUp = functions.u8_lookup
    unsafe widenPixels = functions.u8_widen_pixels
    unsafe expandDepthwise = functions.u8s8_expand_depthwise
  }
}

/// The C functions that resize pictures, for one instruction set.
@safe struct ResizeFunctions: Sendable {
  let blendRows:
    @convention(c) (
      UnsafePointer<UInt8>?, Int, Int, UnsafePointer<Int16>?, Int, UnsafeMutablePointer<Int16>?
    ) -> Void
  let blendColumns:
    @convention(c) (
      UnsafePointer<Int16>?, UnsafePointer<Int32>?, UnsafePointer<Int16>?, Int, Int,
      UnsafeMutablePointer<UInt8>?
    ) -> Void

  init(_ functions: tl_kernels) {
    unsafe blendRows = functions.resize_rows
    unsafe blendColumns = functions.resize_columns
  }
}
