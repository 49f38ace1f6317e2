/** Search results for people. */
import { match } from 'ts-pattern';
import { rulesText } from '../counterexample/record.ts';
import type { Minimality, Statistics } from '../engine/outcome.ts';
import type { Reporter, Summary, WriteLine } from './reporter.ts';
import {
  neverTaken,
  verdictOf,
  type FoundViolation,
  type SearchHeader,
  type SearchReport,
} from './search-report.ts';
import { labelled, labelledCommand, loopText, stepLines } from './steps-text.ts';
import { storyLines } from './story-text.ts';
import { brief, count, seconds, table, type Style } from './style.ts';

export interface TextOptions {
  readonly style: Style;
  /** 0: a line per scenario. 2: the default. 3: coverage. 4: states per level. */
  readonly verbosity: number;
  readonly coverage: boolean;
}

export function headerLine(header: SearchHeader): string {
  const { verb, scenario, machine, selection, workers, symmetry, seed } = header;
  return [
    `${verb}  ${scenario.id}`,
    `machine ${machine}`,
    `rules ${rulesText(selection)}`,
    ...(selection.granularity === undefined ? [] : [`granularity ${selection.granularity}`]),
    `workers ${workers}`,
    ...(symmetry === undefined ? [] : [`symmetry ${symmetry ? 'on' : 'off'}`]),
    ...(seed === undefined ? [] : [`seed 0x${seed.toString(16)}`]),
  ].join('   ');
}

const rate = (n: number, { elapsed_ms }: Statistics): string =>
  elapsed_ms === 0 ? '' : ` (${brief((n * 1000) / elapsed_ms)}/s)`;

export function countsLine(header: SearchHeader, statistics: Statistics): string {
  const { states, transitions, depth, queue, samples } = statistics;
  if (header.engine === 'random') {
    return [
      `samples ${count(samples ?? 0)}`,
      `steps ${count(transitions)}${rate(transitions, statistics)}`,
      seconds(statistics.elapsed_ms),
    ].join('   ');
  }
  return [
    `depth ${depth}`,
    `generated ${count(transitions)}${rate(transitions, statistics)}`,
    `distinct ${count(states)}${rate(states, statistics)}`,
    `queue ${count(queue)}`,
    seconds(statistics.elapsed_ms),
  ].join('   ');
}

export const minimalityText = (minimality: Minimality['kind']): string =>
  match(minimality)
    .with('shortest', () => '(shortest)')
    .with('1-minimal', () => '(1-minimal: no single action can go)')
    .with('shortest-entry', () => '(shortest way into a loop)')
    .with('none', () => '(not minimised)')
    .exhaustive();

interface Violated {
  readonly property: string;
  /** The step that breaks it, of so many. */
  readonly step: number;
  readonly length: number;
  /** Where the loop begins that breaks it. */
  readonly loop?: number | undefined;
  readonly minimality: Minimality['kind'];
}

/** `VIOLATION  valid-page-is-unique   at step 15 of 15   (shortest)`. */
export function violationLine(violated: Violated, style: Style): string {
  const { property, minimality } = violated;
  const head = `${style.bad('VIOLATION')}  ${style.strong(property)}`;
  return [head, placeText(violated), minimalityText(minimality)].join('   ');
}

function placeText({ step, length, loop }: Violated): string {
  if (loop !== undefined) return loopText(length, loop);
  return step === 0 ? 'in the initial state' : `at step ${step} of ${length}`;
}

export function violationLines(found: FoundViolation, style: Style): string[] {
  const { violation, property, steps, story, saved, known } = found;
  const { loop } = violation;
  const length = steps.length;
  const violated = {
    property: violation.property,
    step: length,
    length,
    loop,
    minimality: violation.minimality.kind,
  };
  if (known) {
    const where = placeText(violated);
    return [`${style.doubtful('KNOWN')}    ${violation.property}   ${where}   (in the baseline)`];
  }
  return [
    violationLine(violated, style),
    ...stepLines(steps, style, loop === undefined ? undefined : { after: loop, of: length }),
    ...storyLines(steps, violation.finding, story, property),
    ...(saved === undefined
      ? []
      : [
          labelledCommand('saved', saved.file),
          labelledCommand('replay', `kvm-mmu-check replay ${saved.file}`),
        ]),
  ];
}

function evidenceLines({ evidence }: Statistics): string[] {
  if (evidence.length === 0) return [];
  const rows = evidence.map(({ id, applied, witnessReached }) => [
    `  ${id}`,
    count(applied),
    witnessReached ? 'reached' : 'MISSING',
  ]);
  return table([['  property', 'cases', 'witness'], ...rows], '<><');
}

function coverageLines(statistics: Statistics): string[] {
  const rows = statistics.coverage.map(({ name, taken }) => [`  ${name}`, count(taken)]);
  return table([['  transition', 'taken'], ...rows], '<>');
}

const collisionText = ({ collisionProbability }: Statistics): string =>
  collisionProbability === 0
    ? 'none: states are compared in full'
    : `two states taken for one with probability below ${collisionProbability.toExponential(1)}`;

function detailLines(report: SearchReport, options: TextOptions): string[] {
  const { statistics } = report.outcome;
  const missing = neverTaken(statistics);
  return [
    ...(report.engine === 'exhaustive' ? labelled('clashes', collisionText(statistics)) : []),
    ...evidenceLines(statistics),
    ...(missing.length === 0 ? [] : labelled('untaken', missing.join(', '))),
    ...(options.coverage || options.verbosity >= 3 ? coverageLines(statistics) : []),
    ...(options.verbosity >= 4 && statistics.levels.length > 0
      ? labelled('levels', statistics.levels.map(count).join(' '))
      : []),
  ];
}

const plural = (n: number, one: string, several: string): string =>
  `${n} ${n === 1 ? one : several}`;

/** `in all 12 states of the scenario, to its full depth 3`. */
export const extentOf = ({ engine, outcome }: SearchReport): string =>
  engine === 'exhaustive'
    ? `in all ${count(outcome.statistics.states)} states of the scenario, to its full depth ` +
      String(outcome.statistics.depth)
    : `on ${count(outcome.statistics.samples ?? 0)} random walks; other walks may differ`;

const extentSoFar = ({ engine, outcome }: SearchReport): string =>
  engine === 'exhaustive'
    ? `in ${count(outcome.statistics.states)} states, to depth ${outcome.statistics.depth}`
    : `in ${count(outcome.statistics.samples ?? 0)} random walks`;

/** States the bound with the claim. A violation has lines of its own. */
function verdictLines(report: SearchReport, style: Style): string[] {
  const held = report.outcome.statistics.evidence.length - report.found.length;
  const properties = plural(held, 'property', 'properties');
  const good =
    report.engine === 'exhaustive'
      ? `${style.good('HELD')}     `
      : `${style.good('NO VIOLATION')}  `;
  return match(verdictOf(report))
    .with({ kind: 'held' }, () => [`${good}${properties}, ${extentOf(report)}`])
    .with({ kind: 'known' }, () => [
      `${style.good('NOTHING NEW')}  ${properties} held, ${extentOf(report)}`,
    ])
    .with({ kind: 'inconclusive' }, ({ because }) => [
      `${style.doubtful('INCONCLUSIVE')}  ${because}; ${properties} held ${extentSoFar(report)}`,
    ])
    .with({ kind: 'violated' }, () => [])
    .exhaustive();
}

const shortViolation = (found: FoundViolation, report: SearchReport, style: Style): string =>
  `${found.known ? style.doubtful('KNOWN') : style.bad('VIOLATION')}  ` +
  `${found.violation.property}  ${report.scenario.id}` +
  (found.saved === undefined ? '' : `  ${found.saved.file}`);

function reportLines(report: SearchReport, options: TextOptions): string[] {
  const { style, verbosity } = options;
  if (verbosity === 0) {
    return [
      ...report.found.map((found) => shortViolation(found, report, style)),
      ...verdictLines(report, style).map((line) => `${line}  ${report.scenario.id}`),
    ];
  }
  const violated = report.outcome.kind === 'violated';
  return [
    countsLine(report, report.outcome.statistics),
    ...report.found.flatMap((found) => violationLines(found, style)),
    ...verdictLines(report, style),
    ...(verbosity >= 2 && (!violated || options.coverage) ? detailLines(report, options) : []),
    labelledCommand('repeat', report.repeat),
    '',
  ];
}

/** The outcome of a command in a sentence. */
export function headline({ verb, verdict, reports, shard }: Summary): string {
  const known = reports.flatMap(({ found }) => found.filter((one) => one.known)).length;
  const fresh = reports.flatMap(({ found }) => found).length - known;
  const part = shard === undefined ? '' : ` (shard ${shard.index} of ${shard.of})`;
  const scenarios = `${plural(reports.length, 'scenario', 'scenarios')}${part}`;
  const beside = known === 0 ? '' : `, ${known} known`;
  return match(verdict)
    .with({ kind: 'held' }, () => `${verb}: no violation in ${scenarios}`)
    .with({ kind: 'known' }, () => `${verb}: no new violation in ${scenarios}${beside}`)
    .with(
      { kind: 'violated' },
      () => `${verb}: ${plural(fresh, 'violation', 'violations')} in ${scenarios}${beside}`,
    )
    .with(
      { kind: 'inconclusive' },
      ({ because }) => `${verb}: inconclusive in ${scenarios}: ${because}${beside}`,
    )
    .exhaustive();
}

/** The entries of the baseline that no longer occur, in words. */
export const goneTexts = ({ baseline }: Summary): string[] =>
  (baseline?.gone ?? []).map(
    ({ property, scenario, rules: { preset, mutant, changes } }) =>
      `${property}  ${scenario} (${rulesText({ preset, mutant, rules: changes })}): ` +
      `no longer occurs, take it out of ${baseline?.file ?? ''}`,
  );

function summaryLines(summary: Summary, style: Style): string[] {
  const colour = match(summary.verdict.kind)
    .with('held', 'known', () => style.good)
    .with('violated', () => style.bad)
    .with('inconclusive', () => style.doubtful)
    .exhaustive();
  return [
    ...summary.vacuous.map(
      (id) => `${style.doubtful('VACUOUS')}  ${id}: no case, or no witness, in any scenario`,
    ),
    ...goneTexts(summary).map((text) => `${style.doubtful('GONE')}     ${text}`),
    ...summary.notSearched.map((id) => `${style.doubtful('NOT SEARCHED')}  ${id}`),
    colour(headline(summary)),
  ];
}

/** Progress is not a result: the command line shows it elsewhere. */
export function textReporter(write: WriteLine, options: TextOptions): Reporter {
  return {
    started: (header) => {
      if (options.verbosity > 0) write(headerLine(header));
    },
    progressed: () => {},
    finished: (report) => reportLines(report, options).forEach(write),
    ended: (summary) => summaryLines(summary, options.style).forEach(write),
  };
}
