/// What the page has beyond the report.
enum PageStyle {
  static let sheet = """
    [hidden] { display: none !important; }
    h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
    .curves svg { aspect-ratio: 3 / 2; }
    .phase { margin: .6rem 0; max-width: 46rem; }
    .phase progress { display: block; width: 100%; height: .8rem; accent-color: var(--blue); }
    .phase span { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem;
      font-variant-numeric: tabular-nums; }
    .phase i { font-style: normal; }
    .state { font-weight: bold; }
    .state.running, .state.finished { color: var(--blue); }
    .state.stopped, .state.silent { color: var(--red); }
    .state.waiting_for_workers { color: var(--orange); }
    .worker.silent { color: var(--orange); font-weight: bold; }
    .worker.gone { color: var(--quiet); }
    svg text { fill: var(--quiet); font-size: 12px; font-family: system-ui, sans-serif; }
    svg .title { fill: var(--ink); font-size: 15px; font-weight: bold; }
    svg .grid { stroke: var(--faint); }
    svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    svg .training { stroke: var(--blue); } svg .validation { stroke: var(--orange); }
    svg .steps { stroke: var(--blue); stroke-width: 1; opacity: .45; }
    svg circle.training { fill: var(--blue); stroke: none; }
    svg circle.validation { fill: var(--orange); stroke: none; }
    svg text.training { fill: var(--blue); stroke: none; font-weight: bold; font-size: 13px; }
    svg text.validation { fill: var(--orange); stroke: none; font-weight: bold; font-size: 13px; }
    .matrix th, .matrix td { padding: 0; border: 1px solid var(--faint); text-align: center;
      min-width: 0; max-width: none; }
    .matrix thead td { border: 0; }
    .matrix tbody :is(th, td) { vertical-align: middle; }
    .matrix thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
      padding: .4rem .1rem; max-height: 9rem; white-space: nowrap;
      font-weight: normal; border: 0; }
    .matrix thead span { display: block; max-inline-size: 8.5rem; overflow: hidden;
      text-overflow: ellipsis; }
    .matrix tbody th { text-align: right; padding-right: .5rem; font-weight: normal; border: 0;
      max-width: 9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .matrix td { width: 2.75rem; height: 2.75rem; }
    .matrix.many td { width: 1.6rem; height: 1.6rem; font-size: .7rem; }
    .matrix button { width: 100%; height: 100%; min-height: 1.5rem; border: 0; font: inherit;
      color: inherit; background: none; cursor: pointer; font-variant-numeric: tabular-nums; }
    .matrix button[aria-pressed=true] { outline: 3px solid var(--ink); outline-offset: -3px; }
    .map { display: block; width: min(100%, 46rem); aspect-ratio: 1; image-rendering: pixelated;
      border: 1px solid var(--faint); cursor: crosshair; }
    button.more { margin: .75rem 0; padding: .5rem 1rem; border: 1px solid var(--quiet); border-radius: 8px;
      background: none; color: var(--blue); font: inherit; cursor: pointer; }
    input { font: inherit; color: inherit; background: none; border: 1px solid var(--quiet);
      border-radius: 8px; padding: .35rem .6rem; max-width: 100%; }
    table button.link { border: 0; padding: 0; background: none; font: inherit;
      color: var(--blue); text-decoration: underline; cursor: pointer; text-align: left; }
    @media (max-width: 30rem) {
      .tiles { grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: .75rem; }
      th, td { padding-right: .75rem; }
      td { overflow-wrap: anywhere; }
      td:first-child { min-width: 5.5rem; }
      .curves svg { flex-basis: 100%; }
    }
    """
}
