import Foundation

/// Pictures of 64 × 64 pixels as HEVC and AV1 code them, without a file around: 60 + 2x red, 200 - 2y green
/// and 80 + y blue; and one in greys of 4x.
enum CodedFixtures {
  /// 4:4:4, in trees of 16 × 16 pixels.
  static let hevc = bytes(
    """
    AAAD9CgBrwayCX+6XXCR47fF/XY4uUHUEk6mAvZvLdUnz7js+XkSUxHBn/Hi998E7HeSqbrbI2DJZA/zovB1F7Y4VFHbWkMs\
    Jh+rO4b7EZQv99F1A5e5rTINknOIlcgcG6kf2enso98LSdt63EnJvWqgvt5agPkKp2826r3qwbp2I2Xwmu3LE7faaSv1zndM\
    x9Xm0cqMzHSqphDxcVU0kEnoLfHNYGSiTlwg7tDlXA6ScMbnP+zCfDPcTqtWA/sfd2Uiq4keU12QhkVLeGhniypKpfgdt+38\
    xq0jOs+cMLLRjkEz7Yw3BfJqfFGNpbf0NlhvkNhxIyTcBaTJh2r/CueriBWAZ1L8T67u9qfQVnzxV91HbSfJVO7lPsjXOTam\
    HmL1l7tBIElWt+dFf8ajItWTHqR7vw8DKCpnpzGUEUCr6qA2L+Rk6LudaC/iFXawsNrM0DbI/hwy4Vv0RUBmZByiR7xXHJB3\
    6jTe0fCBXHTDh62ShFmgtn9w/PKd9a4m1O0jY2ncMs7FZ+AtFAJ6sFKvylY29B4GF0rCCSMAEOsJKL7c5LXEETYyV3rvgmUO\
    WixKln4gEWj+/DmuZBuSvxN7ChCDwvjH5pnb5FvHvnr7ayOZ8tswlz6em/1fIhRn5k0GQ3cBUkrqheIW6LGAPfYBeNgeoGxA\
    njyXdFXwuFzz9C4fj5X4UxzL8gRTT6fk6LLJr20xNV7w/+vTmQaip8Fpt0B/s55GcThvu61+Xx8HxOGl4vH2GiKczTacGrE9\
    cEbYr868GvFX8Pi5vAGFGuElRfum2p3bCU2Cj5m6ILBlUGnkluRnQcpJRsZo+C5+eC2e6vTHdNkV19RpsMCFPxRPUgxsaEnx\
    I/THYGEw9zs2+cxr9j54qR/IImavKjne4Fl40ZZZywHyMavRXgfvom/p/bfa50lRmbzPljpQGFpx3f/qUJW7iFt5LlBnyfWb\
    0yE68i6JLzgpFN9j5iGEKv7UJ0AVX30drJXkq8H7jeIRsaoAeI5SkIc0nb+CjXue8WjskTNROpgqmwAsL0oKjiLuBfCnP/Nn\
    gzPCS8VmiZu0ZT+iYudv7R7idVGsuz5V2988fde4uHtfX6eIm5gg5pbpTn0xBeQkVW3jYyGiSZ/7ackyeuMhEQr1uTuXu1qE\
    NYY0Yox56UIxSCBNBtlocN20Vw5X3WKf4Guk7G3H7qw+575xGedPxqD419cA+Df70abXWshWxia9h/DO4cMba8hf+YOOXlng\
    uh0SXRb5sHkZfVk+XN2PyZf0e6E+vyGvoWTFyoKyygT2FqgW0YjVeA1ltCd01Ctr6dLxJDhrKx60fRd9qg9yJWUnrXMx2QdF\
    nw0QwIY+c18=
    """)
  static let hevcConfiguration = bytes(
    """
    AQQIAAAAnjgAAAAAHvAA/P/4+AAADwNgAAEAF0ABDAH//wQIAAADAJ44AAADAAAeugJAYQABACpCAQEECAAAAwCeOAAAAwAA\
    HpAEECCy3VXTXNwENBgQAAADAZAAAAMAEIBiAAEACEQBwXMYMBiQ
    """)
  /// Without chroma.
  static let grey = bytes(
    """
    AAAAdSgBrg1weeO0LD1Mb5gW6TMTPfXkEg0xDzz1y/wMHB9uGffhG+5A8u2Y4VVa7QWeK9/+ri7P/XJEtDvc1/4Kv/u5R5AE\
    Rs6raNIpyDE4DPdfis6tj4Mx+Q2r4Cwpo8c9/jxiuKB8m5p6yu+GKY+Pf/m8/+SP/A==
    """)
  static let greyConfiguration = bytes(
    """
    AQQIAAAAn/gAAAAAHvAA/Pz4+AAADwNgAAEAF0ABDAH//wQIAAADAJ/4AAADAAAeugJAYQABACZCAQEECAAAAwCf+AAAAwAA\
    HsCCBBZbqSSmubAgAAADAyAAAAMAIWIAAQAHRAHBcrAiQA==
    """)
  /// 4:2:0.
  static let av1 = bytes(
    """
    EgAKCRgVf/2iAhoNCDK6ARIH9/apAIIIPkAAAM/L3nZTzuH9FW/syOESnxeOufVrG2wfTROj3mXm1qnNDrpcRFu1tKpoV/fe\
    KH/R25ePeaMP+RwbTL5rzHX9gbtCE+hMdG000LNA4pc8/i5JpYfedFnzt0Ze4kgotOOcF7sP6fH7i5iZ4QpQE75qYaCpO628\
    8q/0qj7WAXJ9SIQ+LZ//E4Jy2EmTaBFvPSCCKmlf+tamYObewQWnaDN8dT63muU0aCTWi2TRJ+KheA==
    """)

  private static func bytes(_ base64: String) -> [UInt8] {
    // Text of this file.
    Array(Data(base64Encoded: base64)!)
  }
}
