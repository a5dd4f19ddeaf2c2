import Figures

/// How the page looks: by day and by night, on screens of any width, and on paper.
public enum ReportStyle {
  public static var sheet: String {
    """
    :root { color-scheme: light dark; \(colours(\.light)) }
    @media (prefers-color-scheme: dark) { :root { \(colours(\.dark)) } }
    * { box-sizing: border-box; }
    body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
    h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
    p { margin: .5rem 0; max-width: 46rem; }
    .lead { font-size: 1.15rem; }
    .quiet, figcaption small { color: var(--quiet); }
    .notice { border-left: 4px solid var(--orange); padding: .25rem .75rem; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
      gap: .75rem; margin: 1.25rem 0; }
    .figures div { border: 1px solid var(--faint); border-radius: 8px; padding: .6rem .8rem; }
    .figures dt { color: var(--quiet); font-size: .85rem; }
    .figures dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
    .curves { display: flex; flex-wrap: wrap; gap: .5rem; }
    .curves svg { flex: 1 1 300px; min-width: 0; max-width: 100%; height: auto; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
      gap: 1rem; }
    .tiles figure { margin: 0; min-width: 0; }
    .tiles img, .tiles .gone { display: block; width: 100%; height: auto; aspect-ratio: 1; border: 3px solid;
      border-radius: 4px; }
    .tiles .gone { display: grid; place-items: center; background: var(--faint);
      color: var(--quiet); font-size: .85rem; }
    .tiles .plain img, .tiles .plain .gone { border-color: var(--faint); }
    .tiles .right img, .tiles .right .gone { border-color: var(--blue); }
    .tiles .wrong img, .tiles .wrong .gone { border-color: var(--red); }
    .tiles .right b { color: var(--blue); } .tiles .wrong b { color: var(--red); }
    figcaption { font-size: .9rem; line-height: 1.35; margin-top: .3rem; }
    figcaption { overflow-wrap: anywhere; }
    figcaption span, figcaption small { display: block; }
    /* Names may be written from right to left; what stands beside them isn't. */
    figcaption i, figcaption span, th, bdi { unicode-bidi: isolate; }
    figcaption i { font-style: normal; white-space: nowrap; }
    .wide { overflow-x: auto; }
    .wide svg { display: block; }
    table { border-collapse: collapse; }
    th, td { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0;
      border-bottom: 1px solid var(--faint); }
    th { vertical-align: bottom; }
    .number { text-align: right; font-variant-numeric: tabular-nums; }
    td { max-width: 26rem; }
    td:first-child { min-width: 7rem; max-width: 16rem; overflow-wrap: anywhere; }
    td.number { white-space: nowrap; }
    td code { overflow-wrap: anywhere; }
    td:first-child code { white-space: nowrap; }
    details { margin: .5rem 0; }
    summary { cursor: pointer; }
    code { font-size: .92em; }
    pre { overflow-x: auto; padding: .75rem 1rem; border: 1px solid var(--faint);
      border-radius: 8px; overflow-wrap: normal; }
    :focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
    @media print { details > * { display: block; } }
    """
  }

  private static func colours(_ kind: (Figure.Colour) -> Figure.RGB) -> String {
    Figure.Colour.allCases.map { "--\($0.rawValue): \(kind($0).hex);" }.joined(separator: " ")
  }
}
