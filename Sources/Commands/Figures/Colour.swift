extension Figure {
  /// The colours that figures are made of. Pictures have them on white; pages may have others for the
  /// dark.
  public enum Colour: String, CaseIterable, Sendable {
    /// Below everything.
    case paper
    case ink
    /// Lines that guide the eye.
    case faint
    /// Words that explain.
    case quiet
    /// What is right, and training.
    case blue
    /// What is wrong.
    case red
    /// Validation. Told from blue by everybody, also by those who see red and green alike.
    case orange

    /// On white.
    public var light: RGB {
      switch self {
      case .paper: RGB(255, 255, 255)
      case .ink: RGB(33, 37, 41)
      case .faint: RGB(222, 226, 230)
      case .quiet: RGB(92, 99, 106)
      case .blue: RGB(25, 99, 178)
      case .red: RGB(186, 40, 40)
      case .orange: RGB(186, 90, 0)
      }
    }

    /// On nearly black.
    public var dark: RGB {
      switch self {
      case .paper: RGB(22, 24, 28)
      case .ink: RGB(230, 233, 237)
      case .faint: RGB(58, 63, 70)
      case .quiet: RGB(160, 167, 175)
      case .blue: RGB(110, 172, 245)
      case .red: RGB(247, 129, 124)
      case .orange: RGB(240, 165, 80)
      }
    }
  }

  /// Red, green and blue.
  public struct RGB: Hashable, Sendable {
    public let red: UInt8
    public let green: UInt8
    public let blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// As HTML writes it: #1963b2.
    public var hex: String {
      "#"
        + [red, green, blue].map { byte in
          let digits = String(byte, radix: 16)
          return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
  }
}
