/** Checks as suites of cases: a suite per group. */
import type { Check } from './checks.ts';
import type { Case, CaseResult, Suite } from './suites.ts';

function resultOf({ ok, detail, hints, unreadable, name, group }: Check): CaseResult {
  if (unreadable) return { kind: 'error', message: detail, type: group };
  if (!ok) return { kind: 'failed', message: detail, type: name, text: hints };
  return group === 'mutants' ? { kind: 'passed', because: detail } : { kind: 'passed' };
}

const caseOf = (check: Check): Case => ({
  name: check.name,
  result: resultOf(check),
  ...(check.file === undefined ? {} : { file: check.file, line: 1 }),
});

/** Order: as given, by group. `notJudged`: what an interruption left out. */
export function checkSuites(checks: readonly Check[], notJudged: readonly string[]): Suite[] {
  const groups = [...new Set(checks.map(({ group }) => group))];
  const judged = groups.map((group) => ({
    name: group,
    cases: checks.filter((check) => check.group === group).map(caseOf),
  }));
  if (notJudged.length === 0) return judged;
  const because = 'it was interrupted before this';
  const open = notJudged.map((name): Case => ({ name, result: { kind: 'open', because } }));
  return [...judged, { name: 'not judged', cases: open }];
}
