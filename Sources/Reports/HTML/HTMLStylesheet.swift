/// The style of all pages. Colours are WCAG 2.2 AA: text has 4.5:1 to what is behind it, bars and lines that mean
/// something 3:1, in light and dark.
enum HTMLStylesheet {
    static let text: StaticString = """
        :root {
          color-scheme: light dark;
          --page: #f4f6f8; --card: #fff; --ink: #18212c; --soft: #556170; --line: #dbe1e8; --track: #e8ecf1;
          --link: #0a58a8; --mark: #fff3c9; --warning: #8a3a00; --warning-back: #fff1e3;
          --accept: #0d7767; --drop: #c23d16; --reject: #8a6100; --routed-away: #7446c4; --other: #66727f;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #10151b; --card: #181f28; --ink: #e4e9ef; --soft: #a3afbd; --line: #2c3643; --track: #2a3440;
            --link: #7fb9ff; --mark: #3d3513; --warning: #ffc08a; --warning-back: #3a2412;
            --accept: #33b39f; --drop: #f47c52; --reject: #dba92c; --routed-away: #b596f5; --other: #8c99a8;
          }
        }
        * { box-sizing: border-box; }
        html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
        body {
          margin: 0 auto; max-width: 74rem; padding: 1.5rem 1.25rem 3rem; background: var(--page); color: var(--ink);
          font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
        }
        code { font: 0.8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        code, bdi { unicode-bidi: isolate; overflow-wrap: anywhere; }
        a { color: var(--link); text-underline-offset: 0.15em; }
        a:focus-visible, summary:focus-visible, input:focus-visible, [tabindex]:focus-visible {
          outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px;
        }
        .skip { position: absolute; left: -100rem; }
        .skip:focus { position: static; }
        h1, h2, h3, p, ul, dl, figure { margin: 0; }
        h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
        h2 { font-size: 1.1875rem; line-height: 1.3; margin-bottom: 0.75rem; }
        h3 { font-size: 1rem; margin: 1.5rem 0 0.5rem; }
        .brand {
          color: var(--soft); font-size: 0.75rem; font-weight: 600; letter-spacing: 0.12em; text-transform: uppercase;
        }
        .lead { color: var(--soft); margin-top: 0.25rem; }
        .soft { color: var(--soft); }
        .small { font-size: 0.8125rem; }
        p + p, p + table, p + div, table + p, div + p, figure + p, details { margin-top: 0.75rem; }
        .facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; margin-top: 1rem; }
        .facts dt { color: var(--soft); }
        .facts dd { grid-column: 2; margin: 0; overflow-wrap: anywhere; }
        nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; margin-top: 1rem; }
        .warning {
          margin-top: 1rem; padding: 0.625rem 0.875rem; border-left: 4px solid var(--drop); border-radius: 4px;
          background: var(--warning-back); color: var(--warning); overflow-wrap: anywhere;
        }
        section {
          margin-top: 1.25rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--line);
          border-radius: 10px;
        }
        .notes { padding-left: 1.125rem; overflow-wrap: anywhere; }
        .notes li + li { margin-top: 0.375rem; }

        table { border-collapse: collapse; width: 100%; }
        caption { text-align: left; color: var(--soft); font-size: 0.8125rem; padding-bottom: 0.25rem; }
        th, td { padding: 0.3125rem 0.625rem; text-align: left; vertical-align: baseline; font-weight: inherit; }
        th:first-child, td:first-child { padding-left: 0; }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { color: var(--soft); font-size: 0.75rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
        tbody tr + tr > * { border-top: 1px solid var(--line); }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .figures { width: auto; }
        .figures code { white-space: nowrap; }
        .remarks { width: 100%; }
        .wide { overflow-x: auto; }
        tr:target > * { background: var(--mark); }

        .accept { --color: var(--accept); }
        .drop { --color: var(--drop); }
        .reject { --color: var(--reject); }
        .routed-away { --color: var(--routed-away); }
        .other { --color: var(--other); }
        .verdict { color: var(--color); font-weight: 600; font-size: 0.8125rem; white-space: nowrap; }
        .verdict::before {
          content: ""; display: inline-block; width: 0.625rem; height: 0.625rem; margin-right: 0.4375rem;
          border-radius: 2px; background: var(--color);
        }
        .stack { display: flex; gap: 2px; height: 0.875rem; margin-bottom: 0.75rem; border-radius: 4px; overflow: hidden; }
        .stack span { flex: 0 1 var(--share); min-width: 3px; background: var(--color); }
        .bar { display: block; height: 4px; margin-top: 2px; border-radius: 2px; background: var(--track); }
        .bar span {
          display: block; height: 100%; width: max(3px, var(--share)); border-radius: 2px; background: var(--color);
        }

        .legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; list-style: none; }
        .chart { display: grid; grid-template-columns: max-content 1fr; gap: 0 0.5rem; margin-top: 0.75rem; }
        .chart .y-axis {
          display: flex; flex-direction: column; justify-content: space-between; height: 12.5rem; margin: -0.625rem 0;
          line-height: 1.25rem; text-align: right;
        }
        .chart svg { display: block; width: 100%; height: 11.25rem; overflow: visible; }
        .chart rect { fill: var(--color); }
        .chart line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        .chart .x-axis { grid-column: 2; position: relative; height: 1.25rem; margin-top: 0.25rem; }
        .chart .x-axis span { position: absolute; left: var(--share); transform: translateX(-50%); white-space: nowrap; }
        .chart .x-axis span:first-child { transform: none; }
        .chart .y-axis, .chart .x-axis, .axis-title {
          color: var(--soft); font-size: 0.75rem; font-variant-numeric: tabular-nums;
        }
        .chart + .axis-title { margin-top: 0.125rem; text-align: center; }

        .rules { table-layout: fixed; }
        .rules caption { color: var(--ink); font-size: 0.875rem; padding-top: 1.25rem; }
        .rules .position { width: 3.5rem; }
        .rules .packets { width: 6rem; }
        .rules .bytes { width: 8rem; }
        .rules .portion { width: 7rem; }
        .rules .possible { width: 6rem; }
        .rules td:first-child { color: var(--soft); }
        .rules .chain th { padding-top: 0.875rem; }
        .rules .chain code { font-size: 0.875rem; font-weight: 600; }
        .rules tbody + tbody .chain > * { border-top: 1px solid var(--line); }
        .line { margin-left: 0.5rem; font-size: 0.75rem; white-space: nowrap; }
        .cold, .cold a { color: var(--soft); }
        .policy code { font-weight: 600; }
        body:has(#hide-cold:checked) .cold { display: none; }
        .switch { display: flex; gap: 0.5rem; align-items: baseline; }

        .causes tbody tr.cause > * { padding-top: 1rem; border-top: 1px solid var(--line); }
        .causes tbody:first-of-type tr.cause > * { border-top: 0; }
        .causes tbody tr:not(.cause) > * { border-top: 0; padding-top: 0.125rem; padding-bottom: 0.125rem; }
        .causes tr:not(.cause) > :last-child { padding-left: 1.6875rem; }
        .causes tbody::after { content: ""; display: block; height: 0.5rem; }
        .causes .number { width: 5rem; }
        .causes .rule { display: block; padding-left: 1.0625rem; color: var(--soft); }
        summary { cursor: pointer; color: var(--link); }

        @media (max-width: 40rem) {
          body { padding: 1rem 0.75rem 2rem; }
          section { padding: 0.875rem 0.75rem; }
          h1 { font-size: 1.375rem; }
          .facts { grid-template-columns: 1fr; gap: 0; }
          .facts dd { grid-column: 1; margin-bottom: 0.375rem; }
          th, td { padding-left: 0.3125rem; padding-right: 0.3125rem; }
          .folding, .folding thead, .folding tbody, .folding caption { display: block; }
          .folding tr { display: grid; grid-template-columns: minmax(7.5rem, 1fr) 4rem 4rem 4.5rem; }
          .folding.rules tr > * { width: auto; }
          .folding.rules tr { grid-template-columns: 2.5rem 1fr 1fr 1fr; }
          .folding tr > :last-child { grid-column: 1 / -1; padding-left: 0; }
          .folding tr > :last-child:not(:first-child) { border-top: 0; padding-top: 0; }
          .folding thead th:last-child, .folding td:empty:last-child { display: none; }
        }
        @media print {
          :root {
            color-scheme: light;
            --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --track: #e4e4e4; --link: #000;
            --mark: #fff; --warning: #000; --warning-back: #fff;
            --accept: #0d7767; --drop: #c23d16; --reject: #8a6100; --routed-away: #7446c4; --other: #66727f;
          }
          body { max-width: none; padding: 0; font-size: 9pt; }
          code { font-size: 8pt; }
          section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 0.75rem 0; }
          nav, .skip, .switch, details { display: none; }
          tr, figure, .warning { break-inside: avoid; }
          h2, h3, thead, .chain, .cause { break-after: avoid; }
          .stack, .bar, .bar span, .verdict::before, .stack span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          a { text-decoration: none; }
        }

        """
}
