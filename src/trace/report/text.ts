/** A validation for people. */
import { match } from 'ts-pattern';
import { labelled } from '../../report/steps-text.ts';
import { brief, count, seconds, table, wrappedTable, type Style } from '../../report/style.ts';
import type { Kernel } from '../read/kernel.ts';
import { isDamage, type Gap } from '../read/reader.ts';
import type { RuleOutcome } from '../validate.ts';
import { explanationLines } from './explanation.ts';
import { evidenceOf, type ShownViolation, type TraceReport } from './result.ts';
import { summaryLines } from './summary.ts';

export interface TextOptions {
  readonly style: Style;
  /** 0: a line per trace; 1: violations; 2: and the rules; 3: and rules without cases. */
  readonly verbosity: number;
  readonly summary: boolean;
}

const width = 100;

const sourceText = ({ source, because }: Kernel): string =>
  match(source)
    .with('marker', 'flag', () => because)
    .with('format', () => `inferred: ${because}`)
    .with('assumed', () => `assumed: ${because}`)
    .exhaustive();

function headLines({ file, validation, elapsed_ms }: TraceReport): string[] {
  const { reader, vms } = validation;
  const { kernel, lines, events } = reader;
  const rate = elapsed_ms > 0 ? ` (${brief((1000 * lines) / elapsed_ms)} lines/s)` : '';
  return [
    `validate  ${file}   kernel ${kernel.release}   entries ${kernel.format}`,
    `kernel   ${sourceText(kernel)}`,
    `read     ${count(lines)} lines, ${count(events)} events` +
      `${vms > 1 ? `, ${vms} VMs` : ''}, ${seconds(elapsed_ms)}${rate}`,
  ];
}

function gapLines(gaps: readonly Gap[], { style }: TextOptions): string[] {
  const kinds = [...new Set(gaps.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const of = gaps.filter((gap) => gap.kind === kind);
    const [first] = of;
    if (first === undefined) return [];
    const more = of.length > 1 ? `, and ${of.length - 1} more` : '';
    const mark = isDamage(first) ? style.doubtful : style.faint;
    return [mark(`missing  from line ${first.line} on: ${first.why}${more}`)];
  });
}

function malformedLines({ validation }: TraceReport): string[] {
  const { malformed, malformedCount } = validation.reader;
  if (malformedCount === 0) return [];
  return [
    ...malformed
      .slice(0, 5)
      .map(({ line, why, text }) => `bad line ${line} is ${why}: ${text.trim()}`),
    ...(malformedCount > 5 ? [`bad line  and ${malformedCount - 5} more`] : []),
  ];
}

function violationLines(shown: ShownViolation, outcome: RuleOutcome, style: Style): string[] {
  const { violation, lines } = shown;
  const { rule } = outcome;
  const of = outcome.broken > 1 ? `   (${count(outcome.broken)} times)` : '';
  const evidence = evidenceOf(violation);
  const marked = new Map(evidence.map(({ line, what }) => [line, what]));
  const widest = Math.max(0, ...lines.map(({ number }) => String(number).length));
  const title = rule.observation === true ? style.doubtful('OBSERVED') : style.bad('VIOLATION');
  return [
    `${title}  ${style.strong(rule.id)}   at line ${violation.line}${of}`,
    ...lines.flatMap(({ number, text }, i) => {
      const before = lines[i - 1]?.number ?? number - 1;
      const isIt = number === violation.line;
      const sign = isIt ? '>' : marked.has(number) ? '*' : ' ';
      const line = `${sign} ${String(number).padStart(widest)}  ${text?.trim() ?? '(not at hand)'}`;
      const shownLine = isIt || marked.has(number) ? line : style.faint(line);
      return [...(number > before + 1 ? [style.faint('  ...')] : []), shownLine];
    }),
    ...labelled('broken', violation.message),
    ...evidence.flatMap(({ line, what }) => labelled('because', `line ${line}: ${what}`)),
    ...(violation.objects ?? []).flatMap((text) => labelled('object', text)),
    ...labelled('says', rule.says),
    ...labelled('why', rule.why),
    ...labelled('kernel', rule.source.join(', ')),
    ...(rule.property === undefined ? [] : labelled('model', rule.property)),
    '',
  ];
}

function ruleLines({ validation }: TraceReport, { style, verbosity }: TextOptions): string[] {
  const shown = validation.outcomes.filter(
    ({ cases, untold }) => cases > 0 || untold > 0 || verbosity > 2,
  );
  if (shown.length === 0) return [];
  const [head = '', ...rows] = table(
    [
      ['rule', 'cases', 'broken', 'cannot tell'],
      ...shown.map(({ rule, cases, broken, untold }) => [
        rule.id,
        count(cases),
        broken === 0 ? '-' : count(broken),
        untold === 0 ? '-' : count(untold),
      ]),
    ],
    ' >>>',
  );
  return [style.strong(head), ...rows].map((row) => `  ${row}`);
}

function notExercisedLines(report: TraceReport, { verbosity }: TextOptions): string[] {
  const { notExercised } = report;
  if (notExercised.length === 0) return [];
  const rows = notExercised.map(({ rule, because }) => [rule, because]);
  return [
    `not exercised  ${notExercised.length} of ${report.validation.outcomes.length} rules`,
    ...(verbosity >= 2 ? wrappedTable(rows, width - 2).map((row) => `  ${row}`) : []),
  ];
}

function verdictLine({ verdict, validation, file }: TraceReport, { style }: TextOptions): string {
  const judged = validation.outcomes.filter(({ cases }) => cases > 0).length;
  const cases = validation.outcomes.reduce((sum, outcome) => sum + outcome.cases, 0);
  const broken = validation.outcomes.filter((o) => o.broken > 0 && o.rule.observation !== true);
  return match(verdict)
    .with(
      { kind: 'accepted' },
      () =>
        `${style.good('ACCEPTED')}  ${judged} rules hold in ${count(cases)} cases; ` +
        'what was not recorded may differ',
    )
    .with(
      { kind: 'refused' },
      () => `${style.bad('REFUSED')}  by ${broken.map(({ rule }) => rule.id).join(', ')}`,
    )
    .with(
      { kind: 'inconclusive' },
      ({ because }) => `${style.doubtful('INCONCLUSIVE')}  ${file}: ${because}`,
    )
    .exhaustive();
}

/** Order: the trace, what is missing, violations, counts, verdict. */
export function textLines(report: TraceReport, options: TextOptions): string[] {
  const { style, verbosity } = options;
  if (verbosity === 0) return [`${verdictLine(report, options)}   ${report.file}`];
  const { outcomes, gaps } = report.validation;
  return [
    ...headLines(report),
    ...malformedLines(report),
    ...gapLines(gaps, options),
    '',
    ...report.shown.flatMap((shown) => {
      const outcome = outcomes.find(({ rule }) => rule.id === shown.violation.rule);
      return outcome === undefined ? [] : violationLines(shown, outcome, style);
    }),
    ...(verbosity >= 2 ? ruleLines(report, options) : []),
    ...notExercisedLines(report, options),
    ...(options.summary ? ['', ...summaryLines(report)] : []),
    ...(report.explanation === undefined
      ? []
      : explanationLines(report.explanation, options.style)),
    verdictLine(report, options),
    `repeat   ${report.repeat}`,
  ];
}
