/** The results of a sweep as text, as one JSON document, or as one JSON event per line. */
import { match } from 'ts-pattern';
import type { Statistics } from '../../engine/outcome.ts';
import { loopText } from '../steps-text.ts';
import { count, wrap, type Style } from '../style.ts';
import type { Format, WriteLine } from '../reporter.ts';
import {
  sweepEventSchemaName,
  sweepVerdicts,
  type BaseResult,
  type SweepDocument,
  type SweepEvent,
  type SweepRow,
  type SweepVerdict,
  type ValueResult,
} from './schema.ts';

export interface SweepReporter {
  readonly progressed: (searching: string, statistics: Statistics) => void;
  readonly based: (base: BaseResult) => void;
  readonly searched: (result: ValueResult) => void;
  readonly decided: (row: SweepRow) => void;
  readonly ended: (document: SweepDocument) => void;
}

const words: Readonly<Record<SweepVerdict, string>> = {
  needed: 'NEEDED',
  'costs-only': 'COSTS ONLY',
  'not-needed': 'NOT NEEDED',
  'not-asked': 'NOT ASKED',
  open: 'OPEN',
};

const wordColumn = 'NOT NEEDED'.length + 2;

const loudness = (verdict: SweepVerdict, style: Style): ((text: string) => string) =>
  match(verdict)
    .with('needed', () => style.good)
    .with('costs-only', 'not-needed', () => style.strong)
    .with('not-asked', 'open', () => style.doubtful)
    .exhaustive();

const scenarios = (n: number): string => `${n} ${n === 1 ? 'scenario' : 'scenarios'}`;

const extentText = ({ holds, states, indifferent }: SweepRow): string =>
  `holds in ${scenarios(holds.length)}, ${count(states)} states` +
  (indifferent.length === 0 ? '' : `; nothing asks for it in ${indifferent.length} more`);

const countedText = ({ counted }: SweepRow): string =>
  counted
    .filter(({ upstream, here }) => upstream !== here)
    .map(({ what, upstream, here }) => `${what} ${count(upstream)} -> ${count(here)}`)
    .join(', ');

function openText({ open }: SweepRow): string {
  const reasons = [...new Set(open.map(({ because }) => because))];
  return reasons
    .map((because) => {
      const where = open.filter((one) => one.because === because);
      const [only] = where;
      const names = where.length === 1 ? only?.scenario : scenarios(where.length);
      return `${because} in ${names}`;
    })
    .join('; ');
}

const lengthText = ({ steps, loop }: SweepRow): string =>
  loop === null ? `in ${steps ?? 0} steps` : loopText(steps ?? 0, loop);

/** What is said of a value, in sentences. */
const findings = (row: SweepRow): readonly string[] =>
  match(row.verdict)
    .with('needed', () => [`${row.property} ${lengthText(row)} of ${row.scenario}`])
    .with('costs-only', () => [extentText(row), countedText(row)])
    .with('not-needed', () => [extentText(row), 'all counts are the same'])
    .with('not-asked', () => [`nothing asks for it in ${scenarios(row.indifferent.length)}`])
    .with('open', () => [openText(row), ...(row.holds.length === 0 ? [] : [extentText(row)])])
    .exhaustive();

/** A line, with what does not fit below it. `column`: of the values. */
export function rowLines(row: SweepRow, column: number, style: Style): string[] {
  const indent = ' '.repeat(wordColumn);
  const name = `${row.rule}=${row.value}`;
  const [first = '', ...more] = findings(row);
  const head = loudness(row.verdict, style)(words[row.verdict].padEnd(wordColumn));
  const lost = row.verdict === 'needed' || row.mutants.length === 0 ? [] : [mutantsText(row)];
  return [
    `${head}${name.padEnd(column)}  ${first}`,
    ...[...more, ...lost].flatMap((text) =>
      wrap(text, 100 - wordColumn - 2).map((line) => `${indent}  ${style.faint(line)}`),
    ),
  ];
}

const mutantsText = ({ mutants }: SweepRow): string =>
  `known bug not found here: ${mutants.join(', ')}`;

/** `3 needed, 1 costs only`. */
function tallyText(verdicts: SweepDocument['verdicts']): string {
  const parts = sweepVerdicts.flatMap((verdict) => {
    const n = verdicts[verdict] ?? 0;
    return n === 0 ? [] : [`${n} ${words[verdict].toLowerCase()}`];
  });
  return parts.join(', ');
}

const endLines = ({ rules, values, verdicts, repeat }: SweepDocument, style: Style): string[] => [
  '',
  ...(rules.some(({ verdict }) => verdict === 'needed')
    ? ['A run is the shortest in its scenario; another scenario may have a shorter one.']
    : []),
  ...(rules.some(({ verdict }) => verdict === 'costs-only' || verdict === 'not-needed')
    ? ['What holds, holds within these scenarios. Counts are steps of whole searches, not of runs.']
    : []),
  `repeat   ${repeat}`,
  style.strong(
    `rules: ${values} ${values === 1 ? 'value' : 'values'}` +
      (rules.length === 0 ? '' : `: ${tallyText(verdicts)}`) +
      (rules.length === values ? '' : `, ${values - rules.length} not looked at`),
  ),
];

const nothing = (): void => {};

const textReporter = (write: WriteLine, style: Style, column: number): SweepReporter => ({
  progressed: nothing,
  based: nothing,
  searched: nothing,
  decided: (row) => rowLines(row, column, style).forEach(write),
  ended: (document) => endLines(document, style).forEach(write),
});

const jsonReporter = (write: WriteLine): SweepReporter => ({
  progressed: nothing,
  based: nothing,
  searched: nothing,
  decided: nothing,
  ended: (document) => write(JSON.stringify(document, null, 2)),
});

function ndjsonReporter(write: WriteLine, elapsed: () => number): SweepReporter {
  const emit = (event: SweepEvent) => write(JSON.stringify(event));
  const head = () => ({ schema: sweepEventSchemaName, t: Math.round(elapsed()) }) as const;
  return {
    progressed: (searching, { states, transitions, depth }) =>
      emit({ ...head(), event: 'progress', searching, states, transitions, depth }),
    based: (base) => emit({ ...head(), event: 'base', ...base }),
    searched: (result) => emit({ ...head(), event: 'search', ...result }),
    decided: (row) => emit({ ...head(), event: 'rule', ...row }),
    ended: ({ model, repeat, scenarios, values, verdicts, exitCode }) =>
      emit({
        ...head(),
        event: 'summary',
        model,
        repeat,
        scenarios,
        values,
        verdicts,
        exitCode,
      }),
  };
}

/** `column`: width of the longest `rule=value`. */
export const sweepReporter = (
  format: Format,
  write: WriteLine,
  { style, column, elapsed }: { style: Style; column: number; elapsed: () => number },
): SweepReporter =>
  match(format)
    .with('text', () => textReporter(write, style, column))
    .with('json', () => jsonReporter(write))
    .with('ndjson', () => ndjsonReporter(write, elapsed))
    .exhaustive();
