/** How the report looks: ink on paper, as the app; colours come from its tokens alone. */

/** @param tokens src/ui/styles/tokens.css. On paper the light ones hold, whatever the screen has. */
export function styleOf(tokens: string): string {
  const light = /\[data-theme='light'\]\s*\{([^}]*)\}/.exec(tokens)?.[1] ?? '';
  return `${tokens}\n${OWN}\n@media print { :root:not([data-theme]) {${light}} }`;
}

const inks = Array.from({ length: 8 }, (_, i) => `.i${i + 1} { --c: var(--m${i + 1}); }`).join('\n');
/** The first is whole; the others differ in their dashes, so that crossing lines are followed without colour. */
const dashes = ['none', '7 3', '2 3', '9 3 2 3', '5 2 1 2 1 2', '12 4', '3 2', '1 3']
  .map((dash, i) => `.d${i + 1} { stroke-dasharray: ${dash}; }`)
  .join('\n');

const OWN = `
* { box-sizing: border-box; }
html { scroll-padding-top: var(--s-5); -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: var(--t-16) var(--font); }
a { color: inherit; text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: var(--r-1); }
h1, h2, h3, p, ul, ol, dl, figure { margin: 0; }
h1 { font: var(--w-title) var(--t-36) var(--font); letter-spacing: -0.02em; text-wrap: balance; }
h2 { font: var(--w-title) var(--t-28) var(--font); letter-spacing: -0.015em; text-wrap: balance; }
h3 { font: var(--w-strong) var(--t-18) var(--font); }
figcaption h3 { font: var(--w-strong) var(--t-16) var(--font); }
.page { max-width: 72rem; margin: 0 auto; padding: var(--s-6) var(--s-5) var(--s-8); }
@media (min-width: 72rem) {
  .page { display: grid; grid-template-columns: 12rem minmax(0, 1fr); column-gap: var(--s-7); }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: var(--s-5); align-self: start; max-height: calc(100vh - 2 * var(--s-5)); overflow-y: auto; }
}
header { display: grid; grid-template-columns: auto 1fr; column-gap: var(--s-4); align-items: center; margin-bottom: var(--s-6); }
header svg { width: 4rem; height: 4rem; }
header p { color: var(--ink-2); margin-top: var(--s-1); }
nav { margin-bottom: var(--s-6); }
nav h2 { font: var(--w-strong) var(--t-13) var(--font); letter-spacing: 0; color: var(--ink-3); margin-bottom: var(--s-2); }
nav ol { list-style: none; padding: 0; border-top: var(--rule) solid var(--line); }
nav li { border-bottom: var(--rule) solid var(--line); }
nav a { display: block; padding: var(--s-2) 0; font: var(--t-14) var(--font); text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav small { display: block; font: var(--t-13) var(--font); color: var(--ink-3); }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--s-6); min-width: 0; }
section { min-width: 0; }
.sheet { background: var(--surface); border: var(--rule) solid var(--line); border-radius: var(--r-3); padding: var(--s-5); display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--s-4); }
.sheet > h3 { margin-top: var(--s-4); padding-top: var(--s-4); border-top: var(--rule) solid var(--line); }
.meta, .small { font: var(--t-14) var(--font); color: var(--ink-2); }
.says { padding-left: 1.2rem; display: grid; gap: var(--s-2); max-width: 46rem; }
.says li::marker { color: var(--ink-3); }
.prose { max-width: 46rem; }
.flag { font: var(--t-14) var(--font); padding: var(--s-2) var(--s-3); border-radius: var(--r-2); background: var(--warn-tint); color: var(--warn); border-left: 4px solid currentColor; }
.flag.bad { background: var(--wrong-tint); color: var(--wrong); }
.flag strong { font-weight: var(--w-strong); }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: var(--s-4); }
.counts div { border-top: var(--stroke) solid var(--ink); padding-top: var(--s-2); }
.counts dt { font: var(--t-14) var(--font); color: var(--ink-2); }
.counts dd { margin: 0; font: var(--w-title) var(--t-28) var(--font); font-variant-numeric: tabular-nums; }
.counts dd small { font: var(--t-14) var(--font); font-weight: var(--w-text); color: var(--ink-2); }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font: var(--t-14) var(--font); min-width: min(100%, 24rem); }
caption.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
caption { text-align: left; font: var(--w-strong) var(--t-14) var(--font); padding-bottom: var(--s-2); }
th, td { padding: 0.3rem var(--s-4) 0.3rem 0; text-align: left; vertical-align: baseline; font-weight: var(--w-text); }
thead th { font: var(--t-13) var(--font); color: var(--ink-3); border-bottom: var(--rule) solid var(--edge); vertical-align: bottom; white-space: nowrap; }
tbody tr + tr > * { border-top: var(--rule) solid var(--line); }
thead th.long { white-space: normal; min-width: 7rem; }
.w { min-width: 9rem; }
code { font-family: var(--mono); font-size: 0.9em; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.n:first-child { padding-left: var(--s-2); }
td.strong, .strong { font-weight: var(--w-strong); }
small.marked { display: block; color: var(--warn); white-space: nowrap; }
.verdict { white-space: nowrap; font-weight: var(--w-strong); }
.met { color: var(--sealed); }
.missed { color: var(--wrong); }
.ref { font: var(--t-13) var(--font); color: var(--ink-3); }
.sources { font: var(--t-13) var(--font); color: var(--ink-2); padding-left: 1.6rem; }
details > summary { cursor: pointer; font: var(--t-14) var(--font); color: var(--ink-2); padding: var(--s-2) 0; width: fit-content; }
details[open] > summary { margin-bottom: var(--s-2); }
figure { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--s-3); padding: var(--s-4) 0; }
figure + figure { border-top: var(--rule) solid var(--line); }
figcaption { display: grid; gap: var(--s-1); }
figcaption p { font: var(--t-13) var(--font); color: var(--ink-3); max-width: 46rem; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: var(--s-1) var(--s-4); font: var(--t-13) var(--font); color: var(--ink-2); }
.legend li { display: inline-flex; align-items: center; gap: var(--s-2); }
.legend svg { flex: none; width: 26px; height: 16px; }
.legend.marks { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.plot svg { display: block; max-width: none; font: 12px/1.2 var(--font); font-variant-numeric: tabular-nums; }
.plot text { fill: var(--ink-2); }
.plot .axis { fill: var(--ink-3); }
.plot .name, .plot .total { fill: var(--ink); }
.plot .total { font-weight: var(--w-strong); }
.narrow { display: none; }
@media (max-width: 56rem) {
  .wide { display: none; }
  .narrow { display: block; }
}
.grid { stroke: var(--line); stroke-width: 1; }
.minor { stroke: var(--line); stroke-width: 1; opacity: 0.45; }
.base { stroke: var(--edge); stroke-width: 1; }
.box { stroke: var(--c); stroke-width: 1.5; }
.segment { stroke: var(--surface); stroke-width: 1; }
.whisker { stroke: var(--c); stroke-width: 1.5; }
.median { stroke: var(--ink); stroke-width: 2.5; }
.dot { stroke: var(--c); stroke-width: 4; stroke-linecap: round; fill: none; stroke-opacity: 0.6; }
.dot.lone { stroke-width: 6; stroke-opacity: 0.75; }
.samples { stroke: var(--c); stroke-width: 3.5; stroke-linecap: round; fill: none; stroke-opacity: 0.5; }
.band { fill: var(--c); fill-opacity: 0.13; }
.seal path { fill: none; stroke: var(--c); stroke-width: 9; }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
.sign { fill: var(--c); stroke: var(--surface); stroke-width: 1; }
.published { fill: var(--surface); stroke: var(--ink); stroke-width: 1.5; }
.goal { stroke: var(--sealed); stroke-width: 2; stroke-dasharray: 4 2; }
.mark { stroke: var(--ink-3); stroke-width: 1; stroke-dasharray: 3 3; }
.plot .number { fill: var(--ink); font-weight: var(--w-strong); }
.defs { position: absolute; width: 0; height: 0; overflow: hidden; }
.wash { fill: var(--c); fill-opacity: 0.28; }
.full .wash { fill-opacity: 0.9; }
.hatch { stroke: var(--c); fill: none; stroke-width: 1.6; }
.speck { fill: var(--c); }
.full .hatch { stroke: var(--surface); stroke-opacity: 0.6; stroke-width: 1.2; }
.full .speck { fill: var(--surface); fill-opacity: 0.6; }
${inks}
${dashes}
@media (max-width: 40rem) {
  h1 { font: var(--w-title) var(--t-28) var(--font); }
  h2 { font: var(--w-title) var(--t-22) var(--font); }
  .page { padding: var(--s-4) var(--s-2) var(--s-7); }
  header, nav { padding: 0 var(--s-2); }
  header svg { width: 3rem; height: 3rem; }
  .sheet { padding: var(--s-4) var(--s-3); border-radius: var(--r-2); }
  th, td { padding-right: var(--s-3); }
  th:not(.n), td:not(.n) { min-width: 6rem; }
  td.n + td:not(.n) { min-width: 9rem; }
}
@media print {
  body { background: none; font-size: 10pt; }
  .page { display: block; max-width: none; padding: 0; }
  nav { display: none; }
  main { display: block; }
  .sheet { border: 0; padding: 0 0 var(--s-5); }
  .scroll { overflow: visible; }
  section.study { break-before: page; }
  figure, tr, .flag { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide { display: block; }
  .narrow { display: none; }
  .plot svg { max-width: 100%; height: auto; }
  details::details-content { content-visibility: visible; block-size: auto; }
  svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
