/** The matrix as text. */
import { count, table, wrap, type Style } from '../report/style.ts';
import type { Cell } from './cells.ts';
import type { Law } from './laws.ts';
import type { Comparison, Matrix } from './matrix.ts';
import type { Counted, Phase } from './run.ts';

/** What is shown of each phase; what is not is zero, or the same everywhere. */
const shown: readonly (readonly [phase: Phase, columns: readonly Counted[]])[] = [
  ['enable', ['pages', 'sptes', 'rmaps', 'flushes']],
  ['pass 1', ['locked', 'lockless', 'pages', 'flushes']],
  ['harvest 1', ['pages', 'sptes', 'rmaps', 'flushes']],
  ['pass 2', ['locked', 'lockless']],
];

const heads: Readonly<Record<Counted, string>> = {
  locked: 'lock',
  lockless: 'none',
  pages: 'sp',
  sptes: 'spte',
  rmaps: 'rmap',
  flushes: 'fl',
};

const logNames = { get: 'get', 'initially-set': 'full' } as const;
const guestNames = {
  direct: 'ept=Y',
  'direct-pml': 'ept=Y pml',
  shadow: 'ept=N',
  nested: 'nested',
  'nested-pml': 'nested pml',
} as const;

const cellRow = ({ guest, log, share, eager, measured }: Cell): string[] => [
  guestNames[guest],
  logNames[log],
  share,
  eager ? 'on' : 'off',
  ...shown.flatMap(([phase, columns]) => [
    '|',
    ...columns.map((column) => count(measured[phase][column])),
  ]),
];

function cellLines(cells: readonly Cell[]): string[] {
  const head = [
    'guest',
    'log',
    'writes',
    'eager',
    ...shown.flatMap(([, columns]) => ['|', ...columns.map((column) => heads[column])]),
  ];
  const align = head.map((_, i) => (i < 4 ? '<' : '>')).join('');
  const [names = '', ...rows] = table([head, ...cells.map(cellRow)], align);
  return [phaseLine(names), names, ...rows];
}

/** The names of the phases, each above its columns. */
function phaseLine(head: string): string {
  let line = '';
  let from = 0;
  for (const [phase] of shown) {
    from = head.indexOf('|', from) + 1;
    line = `${line.padEnd(from)} ${phase}`;
  }
  return line;
}

const ratio = ({ off, on }: { off: number; on: number }): string =>
  off === 0 ? '' : (on / off).toFixed(2);

const comparisonLines = (comparisons: readonly Comparison[], style: Style): string[] => {
  const rows = comparisons.map((one) => [
    one.agrees ? 'AGREES ' : 'DIFFERS',
    one.row,
    one.share,
    `${one.off} -> ${one.on}`,
    ratio(one),
    `${heads[one.counted]} ${one.count.off} -> ${one.count.on}`,
    ratio(one.count),
  ]);
  const head = ['', 'published', 'writes', 'seconds', 'ratio', 'counted', 'ratio'];
  const [first = '', ...lines] = table([head, ...rows], '<<<>>>>');
  return [
    first,
    ...lines.map((line, i) => (comparisons[i]?.agrees === true ? line : style.bad(line))),
  ];
};

const lawLines = ({ name, says, counts, holds }: Law, style: Style): string[] => {
  const mark = holds ? style.good('HOLDS  ') : style.bad('FAILS  ');
  return told(mark, `${name}: ${says} (${counts})`);
};

const told = (mark: string, text: string): string[] => {
  const [first = '', ...more] = wrap(text, 92);
  return [`${mark} ${first}`, ...more.map((line) => `        ${line}`)];
};

const legend =
  'sp: shadow pages built. spte: SPTEs changed. rmap: rmaps looked through for the log. ' +
  'fl: flushes of all vCPUs. lock, none: faults that held mmu_lock for write, and others. ' +
  'harvest: GET, or CLEAR where the log begins full. pml: the processor logs modified pages.';

export function matrixLines(matrix: Matrix, style: Style): string[] {
  const { pages, entries, cells, comparisons, laws, waits } = matrix;
  const what =
    `One vCPU with ${pages} pages in one huge page, tables of ${entries} entries: populate, ` +
    'enable, pass, harvest, pass, harvest, disable, pass. 5% stands for one page; the last pass ' +
    'writes all.';
  return [
    ...wrap(what, 100),
    '',
    ...cellLines(cells),
    '',
    ...wrap(legend, 100),
    '',
    ...comparisonLines(comparisons, style),
    '',
    ...laws.flatMap((law) => lawLines(law, style)),
    '',
    ...waits.flatMap((text) => told('WAITS  ', text)),
  ];
}

/** The outcome in a sentence. */
export const matrixHeadline = ({ comparisons, laws }: Matrix): string => {
  const agreeing = comparisons.filter((one) => one.agrees).length;
  const holding = laws.filter(({ holds }) => holds).length;
  return (
    `matrix: ${agreeing} of ${comparisons.length} published rows have the shape of the counts, ` +
    `${holding} of ${laws.length} laws hold`
  );
};

export const isAsPublished = ({ comparisons, laws }: Matrix): boolean =>
  comparisons.every((one) => one.agrees) && laws.every(({ holds }) => holds);
