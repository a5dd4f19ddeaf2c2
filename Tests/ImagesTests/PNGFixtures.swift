import Foundation

/// Small PNG files of every kind, made by a program of a few lines straight from the specification,
/// and the SHA-256 of the pixels they stand for, 11 × 9 of them, over white.
enum PNGFixtures {
  static let all: [(kind: String, file: [UInt8], digest: String)] = [
    make(
      "grey, 1 bit", "d99258f5d81067df4e95825381104fe6c90d04d01bdd2915954dd06f75d07c10",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJAQAAAADMH+uAAAAAC0lEQVR42mNgwAkAABsAAVmYPeoAAAAASUVORK5CYI\
      I=
      """),
    make(
      "palette, 1 bit", "0d9a0b18000dcf56394a750252808c2ddfd41a2b53f28ed2cb7fc97032144fc7",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJAQMAAADeqkRuAAAABlBMVEXxoK/llMbWhd9mAAAAC0lEQVR42mNgwAkAAB\
      sAAVmYPeoAAAAASUVORK5CYII=
      """),
    make(
      "palette with alpha, 1 bit",
      "6bbe8768f72b11ce7b5b21081e3a9522da00c0e5427ae3c3590703b2bf373922",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJAQMAAADeqkRuAAAABlBMVEXxoK/llMbWhd9mAAAAAnRSTlPVOdXZdGoAAA\
      ALSURBVHjaY2DACQAAGwABWZg96gAAAABJRU5ErkJggg==
      """),
    make(
      "grey, 2 bit", "edad310f272ba0033981ee64ff94b2b9956efaf4e2c0f227d8831f687c75c84e",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJAgAAAACLv5FQAAAAIUlEQVR42mNggIMQBgbREAbR0BCGUDDOYAiNWsEQtW\
      oFAEFuBo+rg5JqAAAAAElFTkSuQmCC
      """),
    make(
      "palette, 2 bit", "a71324bd8b0fa0bac5ab6adceeacef5d0f07f39624d0563e84eced5628c34776",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJAgMAAACZCj6+AAAADFBMVEUOTEjf6QF/0iHMHnfv63zwAAAAIUlEQVR42m\
      NggIMQBgbREAbR0BCGUDDOYAiNWsEQtWoFAEFuBo+rg5JqAAAAAElFTkSuQmCC
      """),
    make(
      "palette with alpha, 2 bit",
      "7d2d9c86ccf2cc6105607c7fad20295f7ba23337978c37fb853d497e83635987",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJAgMAAACZCj6+AAAADFBMVEUOTEjf6QF/0iHMHnfv63zwAAAABHRSTlPRTV\
      dHSHu5VQAAACFJREFUeNpjYICDEAYG0RAG0dAQhlAwzmAIjVrBELVqBQBBbgaPq4OSagAAAABJRU5ErkJggg==
      """),
    make(
      "grey, 4 bit", "7cfb80ad87f44b4a40669df3b3068151f317fafd4c9a4fb0ac4d5979987fa8eb",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJBAAAAAAE/2TwAAAARklEQVR42mNgYBRUUjZgEBRSMjZxYAASLqEBDMYurq\
      FpBQxAIr28gSEsrbyicwJDeUXHzFkLGDo6Z67avYFh5qrVu88cAADSnRUtqYfE0QAAAABJRU5ErkJggg==
      """),
    make(
      "palette, 4 bit", "d31180b9511a737a414dc558e7989f6883fd1b1d9f192b08b288c7d4cfdedc79",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJBAMAAAAWSsseAAAAMFBMVEW4Qf1xeoGVjYL+zsqzn1f9dzfYKducHQtxCS\
      SD+HfO6tKhcINEf2E//gMYMfix4TO+2H7fAAAARklEQVR42mNgYBRUUjZgEBRSMjZxYAASLqEBDMYurqFpBQxAIr28\
      gSEsrbyicwJDeUXHzFkLGDo6Z67avYFh5qrVu88cAADSnRUtqYfE0QAAAABJRU5ErkJggg==
      """),
    make(
      "palette with alpha, 4 bit",
      "35c9b4273b6f3371c81db4bdd0aa4e5e99a37909b950e7a616d1c2ee57b51891",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJBAMAAAAWSsseAAAAMFBMVEW4Qf1xeoGVjYL+zsqzn1f9dzfYKducHQtxCS\
      SD+HfO6tKhcINEf2E//gMYMfix4TO+2H7fAAAAEHRSTlO4Xn0AntSpJ4hE9+EvgvDY3PjwhgAAAEZJREFUeNpjYGAU\
      VFI2YBAUUjI2cWAAEi6hAQzGLq6haQUMQCK9vIEhLK28onMCQ3lFx8xZCxg6Omeu2r2BYeaq1bvPHAAA0p0VLamHxN\
      EAAAAASUVORK5CYII=
      """),
    make(
      "grey, 8 bit", "6d96351336814a7e55ac1ef3f44bd0b508239633034e1f30c1a6abe44faf408e",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAAAAADBD4nxAAAAd0lEQVR42gFsAJP/AAAFCxEXHSMpLzU7ABMZHyUrMT\
      c9Q0lPACctMzk/RUtRV11jADtBR01TWV9la3F3AE9VW2FnbXN5f4WLAGNpb3V7gYeNk5mfAHd9g4mPlZuhp62zAIuR\
      l52jqa+1u8HHAJ+lq7G3vcPJz9XbY3cqKfddgQQAAAAASUVORK5CYII=
      """),
    make(
      "palette, 8 bit", "01c8943273c5a6b9a33b0ae95c0d50688a99991835f46beb39baf6ad31b37424",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAMAAADTuiYfAAAAeFBMVEW1owq9eRc+irqBnN+vXKSZGw+pY5lSOSZh0G\
      Zhk/pkl3CacqOMrfQmj3BbPQ1n0xhn9/M3AasDTH/fF6mIIdjYe/Gb5/WRRyWQMcDtPo0MLmDi+KSVkQ9g+2k2PbYJ\
      +OCRd8KMelJywA4GuF/NB+gfavcbqLptFIbNJ67WAAAAR0lEQVR42i3GVwJAMBAFwEdI06N37n9JuxtfMwCSVGW5Nt\
      ZB/fFFCW1iqrqB8zFtF0BK+mEEKZnmBSxn3XawnOO8IFLu5/0A8hsGSglP6W8AAAAASUVORK5CYII=
      """),
    make(
      "palette with alpha, 8 bit",
      "d528b66cb65982434901564c9fa309d52852c081c87fe66b5312bf55308f27a4",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAMAAADTuiYfAAAAeFBMVEW1owq9eRc+irqBnN+vXKSZGw+pY5lSOSZh0G\
      Zhk/pkl3CacqOMrfQmj3BbPQ1n0xhn9/M3AasDTH/fF6mIIdjYe/Gb5/WRRyWQMcDtPo0MLmDi+KSVkQ9g+2k2PbYJ\
      +OCRd8KMelJywA4GuF/NB+gfavcbqLptFIbNJ67WAAAAKHRSTlNu365YDpdHr91a54SHw8ro/yZp7k4Bk8C+z6Qj2G\
      vY0PgD3aB8y/ODr/Li8QAAAEdJREFUeNotxlcCQDAQBcBHSNOjd+5/SbsbXzMAklRluTbWQf3xRQltYqq6gfMxbRdA\
      SvphBCmZ5gUsZ912sJzjvCBS7uf9APIbBkoJT+lvAAAAAElFTkSuQmCC
      """),
    make(
      "colour, 8 bit", "eedc30a937f9867bfe7ff7e2f2e738d6eca09037429af649e2948aee8099bb87",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAIAAABrBkF6AAABPUlEQVR42gEyAc3+AAARIwUZLQshNxEpQRcxSx05VS\
      NBXylJaS9RczVZfTthhwATIS8ZKTkfMUMlOU0rQVcxSWE3UWs9WXVDYX9JaYlPcZMAJzE7LTlFM0FPOUlZP1FjRVlt\
      S2F3UWmBV3GLXXmVY4GfADtBR0FJUUdRW01ZZVNhb1lpeV9xg2V5jWuBl3GJoXeRqwBPUVNVWV1bYWdhaXFncXtteY\
      VzgY95iZl/kaOFma2LobcAY2FfaWlpb3FzdXl9e4GHgYmRh5GbjZmlk6Gvmam5n7HDAHdxa315dYOBf4mJiY+Rk5WZ\
      nZuhp6Gpsaexu625xbPBzwCLgXeRiYGXkYudmZWjoZ+pqamvsbO1ub27wcfBydHH0dsAn5GDpZmNq6GXsamht7Grvb\
      m1w8G/ycnJz9HT1dnd2+HnXQKMY02P3TEAAAAASUVORK5CYII=
      """),
    make(
      "colour interlaced, 8 bit",
      "eedc30a937f9867bfe7ff7e2f2e738d6eca09037429af649e2948aee8099bb87",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAIAAAEcAXHsAAABR0lEQVR42gE8AcP+AAARIy9RcwCfkYPP0dMAFzFLAL\
      exqwBPUVNncXt/kaMACyE3I0FfO2GHAFthZ3OBj4uhtwCroZfDwb/b4ecAJzE7M0FPP1FjS2F3V3GLY4GfAHdxa4OB\
      f4+Rk5uhp6exu7PBzwAFGS0RKUEdOVUpSWk1WX0ALTlFOUlZRVltUWmBXXmVAFVZXWFpcW15hXmJmYWZrQB9eXWJiY\
      mVmZ2hqbGtucUApZmNsamhvbm1ycnJ1dndABMhLxkpOR8xQyU5TStBVzFJYTdRaz1ZdUNhf0lpiU9xkwA7QUdBSVFH\
      UVtNWWVTYW9ZaXlfcYNleY1rgZdxiaF3kasAY2FfaWlpb3FzdXl9e4GHgYmRh5GbjZmlk6Gvmam5n7HDAIuBd5GJgZ\
      eRi52ZlaOhn6mpqa+xs7W5vbvBx8HJ0cfR28q8jGMthV1BAAAAAElFTkSuQmCC
      """),
    make(
      "grey, 16 bit", "8f1b5c3e0c3bb278335092455d2ecf4b18d7342ebd88de138ca252f154ccca61",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJEAAAAACRn1WyAAAAs0lEQVR42gXBQUcDABgA0O/SqVM6pEM6JJlJkmQmmU\
      mSTJIkSWaSJEkmSZJMJpkkSSaZZJJMOqRDOsxOnTr1Y17vRUSbdh269OiTMGRUWnTq1qtf0rAx47Km5cSAQSNSJkya\
      MWfRirxIy5gya96SVQWbdhRFzoJla9Zt2bXvyKmyyNuwbc+BYyXnLt2oiqJDJ85cuHLr3qNnDVFWce3Ogycv3nz40h\
      RVNXWv3n361vLj159/NRKLx5kvYvMAAAAASUVORK5CYII=
      """),
    make(
      "colour, 16 bit", "10f1202b11ceeba752ba0cbdafdc8b730f21d7ebee65aafe290c9b6515a1db7e",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJEAIAAAA7lp05AAABnklEQVR42h2Q0UdkYRiHv5uuukoXq4uVZK2sJFnJWC\
      srGStjZWUkY2RlZCVJjqyMkXEkGUmOlRxJRpIkK8kaSbpKshdr7cVe7Z/x9Mz4/Mz7ft/7vOf3mxBCB7200UU/7fQw\
      TAd9jPKCQT7ykhE++z5KwdssJQb4xBJvyfONDEWqhE6xARf0Odwt9oFXVhO8EZuyzzo2LDbPO7Fl34ustZbF5Fhkm/\
      DasYwORhhjSCxnlXX4vdisd3m+6qbIin2JsmsX2WCGiB3fy+wTMmLjKuvIuJrWQZ4vTIotWJUcLohVvIvY1E2ZXfuY\
      1LU1jgk5sUnz5t08LTanSo7MqVUdRKybvcyWVUxiiBoH3iWc6CblB2FWpCDUPAtiS+aN/KtWxaoqFqmq7zpIODR7yq\
      lVnUtDnHFDWBGbF4lEKyJrQs2zJbZt3oQ98ZQjVRc5Ulc6uOSWcxo8EDbEmpniVsaa5vbEdjSb+pV665yKnXMhdi3e\
      4E7d8+jvI38I+2IVDSYaPRbbdbzeynhmfy12odkGP4Wa50HsiV/85q/4P/7zDJl7s0rALj72AAAAAElFTkSuQmCC
      """),
    make(
      "colour interlaced, 16 bit",
      "10f1202b11ceeba752ba0cbdafdc8b730f21d7ebee65aafe290c9b6515a1db7e",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJEAIAAAFMka2vAAABs0lEQVR42h2S4UfccRzHP0/2aI+yB9mDmZlJJslM5i\
      QzyZnJTJLknCTn5CQ5J5mTOT9nkjk5yTnJnJwkkyRJJj3KzB4ke7BH/Rmvve58fHy/n8/3/X2/P5/P9xsRPTxnkI8s\
      Ew02WeeGX/wmehniPXHMIfvEhIhPLLDEKp+F7RIPecawl9+SIUWWCjHjsiBTmQ2qNDkm9l22uOSCc+74xz3RJ3OKV1\
      6cYFTeOXWyFJmSvWpUpkEUDfJWU1ZuQ8FvbMv0XTvklCP5bogHPGaAHvrlesIbJt2lyfGaadaIAVNjetpwTF9ULCfj\
      LCVqxKSpWZVzSi2a+qIn1F3rtIk1wxUTHauZ2lG/pXqbE34Se6a+GrZMn5n6wXXX/nDLX+KR0xm0vH71n9rwO164+8\
      BLS50yTis8bD15RixjxfOsnXaKTxzLkv1GSui4nhY2rs94fZp53yFLwV3OAjNC182VrCVva1vGiRUVHZnPNic0I7Bj\
      BY+WVSo5mlWhFT0RVtG3vV5nT9UmB+5aNtSwuUuiKqzDlnTZN32hHQE1f0BTSKtrB0KPnMCJkzj1aa70a7/RlX7Hf0\
      Vts0qKFyusAAAAAElFTkSuQmCC
      """),
    make(
      "grey with a transparent value",
      "440704a412ccb0079b87d190aa620d082c483913c1c521091da1190dced5b32f",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAAAAADBD4nxAAAAAnRSTlMAOSmWRTAAAAB3SURBVHjaAWwAk/8AAAULER\
      cdIykvNTsAExkfJSsxNz1DSU8AJy0zOT9FS1FXXWMAO0FHTVNZX2VrcXcAT1VbYWdtc3l/hYsAY2lvdXuBh42TmZ8A\
      d32DiY+Vm6GnrbMAi5GXnaOpr7W7wccAn6Wrsbe9w8nP1dtjdyop912BBAAAAABJRU5ErkJggg==
      """),
    make(
      "colour with a transparent value",
      "8019ff460a436c9c96c3650a5a6b41aa3f5f395419d16a3361dac8b7e0fe9646",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAIAAABrBkF6AAAABnRSTlMAHwAxAENGaphPAAABPUlEQVR42gEyAc3+AA\
      ARIwUZLQshNxEpQRcxSx05VSNBXylJaS9RczVZfTthhwATIS8ZKTkfMUMlOU0rQVcxSWE3UWs9WXVDYX9JaYlPcZMA\
      JzE7LTlFM0FPOUlZP1FjRVltS2F3UWmBV3GLXXmVY4GfADtBR0FJUUdRW01ZZVNhb1lpeV9xg2V5jWuBl3GJoXeRqw\
      BPUVNVWV1bYWdhaXFncXtteYVzgY95iZl/kaOFma2LobcAY2FfaWlpb3FzdXl9e4GHgYmRh5GbjZmlk6Gvmam5n7HD\
      AHdxa315dYOBf4mJiY+Rk5WZnZuhp6Gpsaexu625xbPBzwCLgXeRiYGXkYudmZWjoZ+pqamvsbO1ub27wcfBydHH0d\
      sAn5GDpZmNq6GXsamht7Grvbm1w8G/ycnJz9HT1dnd2+HnXQKMY02P3TEAAAAASUVORK5CYII=
      """),
    make(
      "grey with alpha", "1922c6374acada6c364c9793277de3b19eb52928e8d8c90d6d58c6dd901bcf8c",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAQAAABObR6mAAAA2klEQVR42gHPADD/AAARBRkLIREpFzEdOSNBKUkvUT\
      VZO2EAEyEZKR8xJTkrQTFJN1E9WUNhSWlPcQAnMS05M0E5ST9RRVlLYVFpV3FdeWOBADtBQUlHUU1ZU2FZaV9xZXlr\
      gXGJd5EAT1FVWVthYWlncW15c4F5iX+RhZmLoQBjYWlpb3F1eXuBgYmHkY2Zk6GZqZ+xAHdxfXmDgYmJj5GVmZuhoa\
      mnsa25s8EAi4GRiZeRnZmjoampr7G1ubvBwcnH0QCfkaWZq6GxqbexvbnDwcnJz9HV2dvhM79Y9JCcYs4AAAAASUVO\
      RK5CYII=
      """),
    make(
      "colour with alpha", "83b5f3540fdf584f93b1f32195158cefab75f791242c823f2a8c447d3b092b63",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAYAAADkZNYtAAABl0lEQVR42g3LUWfrUAAA4POyp/s0e7j2MNfMddU1U9\
      dM1FwxNTFVMTUxVUfFRMUcFXVM1FFRUTFHRR0TdUxMVExMTExMTE0fZmr6MLOHPcye7n+4+d4/AJY3tpdWN8Vv6zuV\
      5YKofC8eqGtCDW2IDbMgafaW3Ha3FZOXYD8EK+tbu6sFQfpR3Kv9FCrwt3ikFyWId+SWtasYdA92vfwEVTSMwa9iqb\
      wplOU/YrUuSIr2V24aZUUnB7DjyBphR2jg17EbNck4BSVxvyJKsrIvH6sVRUWH8NRUNGw3UM9VscNbZBQimycdOpmC\
      qnxYqyl1eAxPdKghfILOLB1btE3OPWyzoEsvY4uF2YDfPoEmbNS13ClqGwY2yRnpO8SmrE8vfIf50ZBfpyxIZuPoYQ\
      E6qKWa2EA90jXt3Dkdui7z+AW/CnkQJVfR3TRMpvOb7PkdDEhHpzbBIzqwPObSSz72gtx1dBPHSZrdZY9P2Wz++jh/\
      +wRj2jN85pAJHzlRwNltNPHTJI4esvt0lnuevywWr+8fbx9f//4Dy2jEdhGKfqEAAAAASUVORK5CYII=
      """),
    make(
      "colour with alpha interlaced",
      "83b5f3540fdf584f93b1f32195158cefab75f791242c823f2a8c447d3b092b63",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAYAAAGTY+a7AAABn0lEQVR42g3N0WfjcBwA8O/LPd3T7OHsYc7MOXVm6s\
      xEzYmpqamKqYmp+qmYqJifioqJ+qmoqJifivqZqJ+JiYqJiYmJianpw0ydPszsYQ/nnu5/uHz+gQ/AyubOttRxYUL7\
      +svi9xK+FA8VuIumPtSko/opPrd69CqGzxu71U2xaZbQIIQTdKp1yIU35HfPMOVj5zF7SN8+/v6D78VS+adYa/ySWv\
      oh6jrHeOi3yCSFLm4rfdIzL+jIveTX4XV0P7vNXt7h09qWuFIQ5XWhjgsV1d6RTQ5bQlkSKrJaljUiqYQ1DDeCutxA\
      SMWGZljUsFlgsTAD09CxnXOZx3kQJWEyW4DPHBIFnKVJHM1zy9f3D1jd2N5bKwiVr8X9+jehin6Ix1qxgoxdqW3tyT\
      rdRz0v/4MaHsVQEg+qYkWSD6QTpSor+AidmbJq2E3cdxXD4W0yDrHNky6dzqCFmg01d4Y7um6Y5JwMHGJTNqCXvsP8\
      aMRvUhYk80n0uIQh6WrUJsaYDi2PufSKT7wgdxPdxnGSZvfZ03M2X7w+Ld7+/AeJR8R22G5URgAAAABJRU5ErkJggg\
      ==
      """),
    make(
      "gamma and unknown chunks are ignored",
      "eedc30a937f9867bfe7ff7e2f2e738d6eca09037429af649e2948aee8099bb87",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJCAIAAABrBkF6AAAABGdBTUEAAYagMeiWXwAAAAN0ZVNUYWJjLMsAkQAAAT\
      1JREFUeNoBMgHN/gAAESMFGS0LITcRKUEXMUsdOVUjQV8pSWkvUXM1WX07YYcAEyEvGSk5HzFDJTlNK0FXMUlhN1Fr\
      PVl1Q2F/SWmJT3GTACcxOy05RTNBTzlJWT9RY0VZbUthd1FpgVdxi115lWOBnwA7QUdBSVFHUVtNWWVTYW9ZaXlfcY\
      NleY1rgZdxiaF3kasAT1FTVVldW2FnYWlxZ3F7bXmFc4GPeYmZf5GjhZmti6G3AGNhX2lpaW9xc3V5fXuBh4GJkYeR\
      m42ZpZOhr5mpuZ+xwwB3cWt9eXWDgX+JiYmPkZOVmZ2boaehqbGnsbutucWzwc8Ai4F3kYmBl5GLnZmVo6Gfqampr7\
      Gztbm9u8HHwcnRx9HbAJ+Rg6WZjauhl7Gpobexq725tcPBv8nJyc/R09XZ3dvh510CjGNNj90xAAAAAElFTkSuQmCC
      """),
    make(
      "colour with alpha, 16 bit",
      "4ad6bd84f247adcd625afd99a12c71882d0e6e7d7b4cb80d0ceefd6a4cdfb149",
      """
      iVBORw0KGgoAAAANSUhEUgAAAAsAAAAJEAYAAAC09ApuAAACEUlEQVR42i2Q0WebURiHv5td7ap2MbuYmZmpmZqZqZ\
      ipqYqJiKqJqoqKqoiKioiKioqYqIqIqIqKqZqIiqqqqomp6cVUTC9metGL2dX+hmdP0jrO8b7nO7/n/f2+IAhGeMJr\
      7vCAF0xwl8e8IcIIo3Zx7vOSDyR5yDgzZHw7wTwFv4ZZ4hNjxFihLiHubYsQCcp0CO4JGuOt2FGlYR4Jei/iqV3ER8\
      8FfSTtbdgu79AYKUoq4mSp+jbBGs3bMV+IOrzGIcEzJSEmdTvuGeOVoChzwyFxH7/zbkHEpF2aou4T5Njwdsluy6EZ\
      KuyqyOu769siO5wShARN6W1CUEzxlOes0SPWSUXTgpYNORiS19O8d+siknYbRk8Jahg947cWxw6t0uaMICpo2ugzSu\
      eEzLoX9ZYQlFG86Llq9LR1SdGKoE2jD4ZsGX3Nu89GL9l16Om+xRE/CBZEzItcul3LglaMnlVaELLqLuutKKiquOy5\
      bfQN612j1wTtG30w5Jhzf0OXb1wS5ASlDFYQlB3GLOqiIOZmbQqqGb2utClk272nt5agrqg9zxOjd6zP6HOg6wuuCC\
      qCcgatCikKb1hVDNYUVB/GbOmiKeZm7Qs6MPqhoFMhJ+7vRu/pts8v6z6/+UOwo3hdr7uCBoHbghpWXSEt746s2n49\
      FXQ4jNnjq9357boQ9NPol0KvuBZ6zV/+8R9yik4Jv3lHQQAAAABJRU5ErkJggg==
      """),
  ]

  private static func make(_ kind: String, _ digest: String, _ base64: String) -> (
    kind: String, file: [UInt8], digest: String
  ) {
    (kind, Array(Data(base64Encoded: base64) ?? Data()), digest)
  }
}
