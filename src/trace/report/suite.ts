/** Validations as suites of cases: a suite per trace, a case per rule. */
import type { Case, CaseResult, Suite } from '../../report/suites.ts';
import type { RuleOutcome } from '../validate.ts';
import type { TraceReport } from './result.ts';

function failure(outcome: RuleOutcome, report: TraceReport): CaseResult {
  const shown = report.shown.filter(({ violation }) => violation.rule === outcome.rule.id);
  const text = shown.flatMap(({ violation, lines }) => [
    `line ${violation.line}: ${violation.message}`,
    ...lines.map(({ number, text }) => `${number}  ${text ?? ''}`),
  ]);
  const [first] = outcome.violations;
  const message = `${outcome.broken} of ${outcome.cases} cases, first at line ${first?.line ?? 0}`;
  return { kind: 'failed', message, type: outcome.rule.id, text };
}

const why = (report: TraceReport, rule: string): string =>
  report.notExercised.find((one) => one.rule === rule)?.because ?? 'not exercised';

function resultOf(outcome: RuleOutcome, report: TraceReport): CaseResult {
  const { rule, broken, cases } = outcome;
  if (broken > 0 && rule.observation !== true) return failure(outcome, report);
  return cases > 0 ? { kind: 'passed' } : { kind: 'open', because: why(report, rule.id) };
}

const caseOf = (outcome: RuleOutcome, report: TraceReport): Case => ({
  name: outcome.rule.id,
  result: resultOf(outcome, report),
  file: report.file,
  line: outcome.violations[0]?.line ?? 1,
});

/** What no rule can be blamed for. */
const openCase = (because: string): Case => ({
  name: 'trace is complete',
  result: { kind: 'error', message: because, type: 'inconclusive' },
});

export function traceSuite(report: TraceReport): Suite {
  const { verdict, elapsed_ms } = report;
  const open = verdict.kind === 'inconclusive' ? [openCase(verdict.because)] : [];
  const cases = report.validation.outcomes.map((outcome) => caseOf(outcome, report));
  return { name: report.file, cases: [...cases, ...open], elapsed_ms };
}
