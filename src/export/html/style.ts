/** The look of the page: light or dark as the reader has it, and nothing from elsewhere. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --pane: #f6f7f9; --ink: #1b1f24; --faint: #5b6573; --rule: #d5dae1;
  --current: #e3ecfb; --accent: #1d4ed8;
  --changed: #fde9c8; --changed-ink: #b45309; --broken: #fbd5d5; --broken-ink: #b91c1c;
  --good: #166534; --box: #ffffff; --head: #eef1f5;
  --vcpu: #e4e5fb; --guest: #dcf3e3; --unsync: #fff3c4; --invalid: #e3e6ea;
  --line: #475569; --guest-line: #15803d; --faint-line: #94a3b8; --cached-line: #6d28d9;
  --a0: #1d4ed8; --a1: #a21caf; --a2: #0f766e; --a3: #b45309; --a4: #4d7c0f; --a5: #be123c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --pane: #1b1f26; --ink: #e6e9ee; --faint: #9aa5b4; --rule: #343b46;
    --current: #24344f; --accent: #8ab4ff;
    --changed: #57401a; --changed-ink: #fbbf24; --broken: #642529; --broken-ink: #ff8f8f;
    --good: #6ee7a0; --box: #1b1f26; --head: #272d37;
    --vcpu: #2d2f55; --guest: #1c3b29; --unsync: #4a4118; --invalid: #363c46;
    --line: #aeb9c8; --guest-line: #5fd38a; --faint-line: #66748a; --cached-line: #b79cff;
    --a0: #8ab4ff; --a1: #f0a6ff; --a2: #5eead4; --a3: #fbbf24; --a4: #bef264; --a5: #fda4af;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
code, .steps, .changes, .facts, .graph { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; }
header { padding: 14px 20px 10px; border-bottom: 1px solid var(--rule); }
h1 { margin: 0; font-size: 20px; line-height: 1.3; overflow-wrap: anywhere; }
h2 { margin: 14px 0 8px; font-size: 16px; }
h2 .count { color: var(--faint); font-weight: 600; margin-right: 6px; }
h3 { margin: 0 0 4px; font-size: 15px; color: var(--broken-ink); }
.verdict { font-size: 12px; font-weight: 600; padding: 2px 8px; border-radius: 9px;
  border: 1px solid currentColor; vertical-align: 3px; white-space: nowrap;
  display: inline-block; }
.verdict.bad { color: var(--broken-ink); }
.verdict.good { color: var(--good); }
.says { margin: 4px 0 8px; max-width: 90ch; }
dl { margin: 0; }
dl.about { font-size: 13px; display: flex; flex-wrap: wrap; gap: 2px 24px; }
dt, dd { display: inline; margin: 0; overflow-wrap: anywhere; }
dt { color: var(--faint); }
dt::after { content: ' '; }
nav.steps { background: var(--pane); border-right: 1px solid var(--rule); font-size: 12.5px; }
nav.steps ol { list-style: none; margin: 0; padding: 6px 0; }
nav.steps a { display: block; padding: 4px 14px 4px calc(10px + 3.2em); text-indent: -3.2em;
  color: inherit; text-decoration: none; border-left: 4px solid transparent; }
nav.steps a:hover { background: var(--head); }
nav.steps a[aria-current] { background: var(--current); border-left-color: var(--accent); }
.number { display: inline-block; min-width: 2.2em; text-align: right; color: var(--faint); }
.action { font-weight: 600; overflow-wrap: anywhere; }
.change { display: block; padding-left: 1em; text-indent: -1em; color: var(--faint);
  overflow-wrap: anywhere; }
.actor { font-weight: 600; }
.a0 { color: var(--a0); } .a1 { color: var(--a1); } .a2 { color: var(--a2); }
.a3 { color: var(--a3); } .a4 { color: var(--a4); } .a5 { color: var(--a5); }
.concerns { color: var(--changed-ink); font-weight: 700; }
.cause { color: var(--changed-ink); border: 1px solid currentColor; border-radius: 8px;
  padding: 0 6px; font-weight: 600; }
li.loop { padding: 4px 14px; color: var(--broken-ink); font-weight: 600;
  border-top: 2px dashed currentColor; }
.breaks { color: var(--broken-ink); font-weight: 700; border: 1px solid currentColor;
  border-radius: 8px; padding: 0 6px; }
main { padding: 10px 20px 20px; min-width: 0; }
.controls { display: none; gap: 8px; align-items: center; }
.stepping .controls { display: flex; }
.controls input { flex: 1; min-width: 60px; accent-color: var(--accent); }
button { font: inherit; color: inherit; background: var(--head); border: 1px solid var(--rule);
  border-radius: 6px; padding: 3px 10px; cursor: pointer; }
button:disabled { opacity: 0.4; cursor: default; }
button.jump { color: var(--broken-ink); border-color: currentColor; font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.violation { border-left: 5px solid var(--broken-ink); background: var(--broken);
  padding: 10px 14px; margin: 0 0 10px; border-radius: 0 6px 6px 0; }
ul.changes, ul.facts { list-style: none; margin: 0 0 8px; padding: 0; font-size: 13px; }
ul.changes li { display: inline-block; margin: 0 8px 4px 0; padding: 1px 8px; border-radius: 5px;
  background: var(--changed); }
ul.facts:empty, ul.changes:empty { display: none; }
ul.facts li { display: inline-block; margin: 0 8px 4px 0; padding: 1px 8px; border-radius: 5px;
  border: 1px solid var(--rule); background: var(--head); }
h4 { margin: 6px 0 0; font-size: 13px; font-weight: 400; color: var(--faint); }
.causes { margin: 0; padding-left: 18px; font-size: 13px; overflow-wrap: anywhere; }
.causes a { color: var(--accent); }
.objects { margin: 4px 0 0; padding-left: 18px; font-size: 12.5px; overflow-wrap: anywhere;
  font-family: ui-monospace, 'DejaVu Sans Mono', monospace; }
section.state { scroll-margin-top: 60px; }
p.none { color: var(--faint); margin: 0 0 8px; }
.drawing { overflow-x: auto; border: 1px solid var(--rule); border-radius: 8px;
  background: var(--pane); }
.graph { display: block; max-width: max(100%, 760px); height: auto;
  margin: 0 auto; font-size: 12px; }
.graph text { fill: var(--ink); }
.box { fill: var(--box); stroke: var(--line); }
.head { fill: var(--head); }
.vcpu .head { fill: var(--vcpu); }
.guest-table .head { fill: var(--guest); }
.unsync .head { fill: var(--unsync); }
.invalid .head, .freed .head { fill: var(--invalid); }
.graph .title { font-weight: 700; }
.graph .note, .graph .label, .graph .empty .cell { fill: var(--faint); }
.strip { fill: none; }
.row.changed .strip { fill: var(--changed); }
.node.changed > .box { stroke: var(--changed-ink); stroke-width: 2; }
.row.broken .strip { fill: var(--broken); stroke: var(--broken-ink); stroke-width: 1.5; }
.row.broken .cell { fill: var(--broken-ink); font-weight: 700; }
.node.broken > .box { stroke: var(--broken-ink); stroke-width: 3; }
.node.broken > .head { fill: var(--broken); }
.node.gone { opacity: 0.45; }
.node.gone > .box { stroke: var(--changed-ink); stroke-dasharray: 4 4; }
.node.gone text { text-decoration: line-through; }
.edge { fill: none; stroke: var(--line); stroke-width: 1.5; }
.edge.root { stroke-width: 2.2; }
.edge.guest { stroke: var(--guest-line); }
.edge.shadows { stroke: var(--faint-line); stroke-width: 1.2; stroke-dasharray: 2 4; }
.edge.rmap { stroke: var(--faint-line); stroke-width: 1.2; stroke-dasharray: 7 4; }
.edge.cached { stroke: var(--cached-line); stroke-dasharray: 5 3; }
.edge.changed { stroke: var(--changed-ink); stroke-width: 2.5; }
.edge.gone { stroke: var(--changed-ink); stroke-dasharray: 3 5; opacity: 0.6; }
.arrow path { fill: var(--line); }
.arrow.guest path { fill: var(--guest-line); }
.arrow.shadows path, .arrow.rmap path { fill: var(--faint-line); }
.arrow.cached path { fill: var(--cached-line); }
.arrow.changed path { fill: var(--changed-ink); }
.arrows { position: absolute; }
.legend { margin-top: 10px; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 12.5px;
  color: var(--faint); }
.key { white-space: nowrap; }
.swatch { display: inline-block; width: 14px; height: 11px; border: 1px solid var(--line);
  border-radius: 3px; background: var(--head); }
.swatch.vcpu { background: var(--vcpu); } .swatch.guest-table { background: var(--guest); }
.swatch.unsync { background: var(--unsync); } .swatch.invalid { background: var(--invalid); }
.swatch.changed { background: var(--changed); border-color: var(--changed-ink); }
.swatch.broken { background: var(--broken); border-color: var(--broken-ink); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (min-width: 900px) {
  .stepping, .stepping body { height: 100%; }
  .stepping body { display: flex; flex-direction: column; }
  .stepping .panes { flex: 1; min-height: 0; display: grid;
    grid-template-columns: minmax(300px, 30%) 1fr; }
  .stepping nav.steps, .stepping main { overflow-y: auto; }
}
@media (max-width: 899px) { .stepping nav.steps { max-height: 30vh; overflow-y: auto; } }
@media (prefers-reduced-motion: no-preference) {
  .row.changed .strip, ul.changes li { animation: appear 0.5s ease-out; }
  @keyframes appear { from { fill: var(--changed-ink); background: var(--changed-ink); } }
}
@media print { .state[hidden] { display: block !important; } }
`;
