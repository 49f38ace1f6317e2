/** Validations as JUnit: a suite per trace, a case per rule. */
import type { RuleOutcome } from '../validate.ts';
import type { TraceReport } from './result.ts';

/** XML 1.0 has no place for most control characters. */
export const xmlText = (text: string): string =>
  text
    .split('')
    .filter((c) => c === '\t' || c === '\n' || c >= ' ')
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join('');

function failure(outcome: RuleOutcome, report: TraceReport): string {
  const shown = report.shown.filter(({ violation }) => violation.rule === outcome.rule.id);
  const text = shown.flatMap(({ violation, lines }) => [
    `line ${violation.line}: ${violation.message}`,
    ...lines.map(({ number, text }) => `${number}  ${text ?? ''}`),
  ]);
  const [first] = outcome.violations;
  const message = `${outcome.broken} of ${outcome.cases} cases, first at line ${first?.line ?? 0}`;
  const type = outcome.rule.id;
  const body = xmlText(text.join('\n'));
  return `<failure${attributes({ message, type })}>${body}</failure>`;
}

const why = (report: TraceReport, rule: string): string =>
  report.notExercised.find((one) => one.rule === rule)?.because ?? 'not exercised';

function outcomeText(outcome: RuleOutcome, report: TraceReport): string {
  const { rule, broken, cases } = outcome;
  if (broken > 0 && rule.observation !== true) return failure(outcome, report);
  return cases > 0 ? '' : `<skipped${attributes({ message: why(report, rule.id) })}/>`;
}

function testCase(outcome: RuleOutcome, report: TraceReport): string {
  const { rule, violations } = outcome;
  const head = attributes({
    name: rule.id,
    classname: 'validate',
    file: report.file,
    line: violations[0]?.line ?? 1,
    time: 0,
  });
  return `    <testcase${head}>${outcomeText(outcome, report)}</testcase>`;
}

/** What no rule can be blamed for. */
function openCase(because: string): string {
  const head = attributes({ name: 'trace is complete', classname: 'validate', time: 0 });
  const error = attributes({ message: because, type: 'inconclusive' });
  return `    <testcase${head}><error${error}/></testcase>`;
}

function suite(report: TraceReport): string[] {
  const { outcomes } = report.validation;
  const failures = outcomes.filter((o) => o.broken > 0 && o.rule.observation !== true).length;
  const skipped = outcomes.filter(({ cases }) => cases === 0).length;
  const { verdict } = report;
  const isOpen = verdict.kind === 'inconclusive';
  const head = attributes({
    name: report.file,
    tests: outcomes.length + (isOpen ? 1 : 0),
    failures,
    errors: isOpen ? 1 : 0,
    skipped,
    time: (report.elapsed_ms / 1000).toFixed(3),
  });
  const open = isOpen ? [openCase(verdict.because)] : [];
  const cases = outcomes.map((outcome) => testCase(outcome, report));
  return [`  <testsuite${head}>`, ...cases, ...open, '  </testsuite>'];
}

export const junitText = (reports: readonly TraceReport[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="kvm-mmu-check validate">',
    ...reports.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n');
