/** Searches as suites of cases, and their violations as results of SARIF. */
import { functionNames, rulesText } from '../counterexample/record.ts';
import type { PropertyEntry } from '../checker/catalogue.ts';
import type { Summary } from './reporter.ts';
import type { SarifPlace, SarifResult, SarifStep } from './sarif.ts';
import { verdictOf, type FoundViolation, type SearchReport } from './search-report.ts';
import { plainStyle } from './style.ts';
import type { Case, CaseResult, Suite } from './suites.ts';
import { findingText } from './story-text.ts';
import { extentOf, violationLines } from './text.ts';

const resultOf = (found: FoundViolation): CaseResult =>
  found.known
    ? { kind: 'expected', because: 'the violation is in the baseline' }
    : {
        kind: 'failed',
        message: findingText(found.violation.finding),
        type: found.violation.property,
        text: violationLines(found, plainStyle),
      };

const violatedCase = (found: FoundViolation): Case => ({
  name: found.violation.property,
  result: resultOf(found),
  ...(found.property?.file === undefined ? {} : { file: found.property.file, line: 1 }),
  ...(found.saved === undefined ? {} : { attachments: [found.saved.file] }),
});

/** Of a property without a violation. */
function otherResult(report: SearchReport): CaseResult {
  if (report.complete) return { kind: 'passed' };
  const verdict = verdictOf(report);
  if (verdict.kind === 'inconclusive') {
    const timedOut = report.outcome.kind !== 'held' && report.outcome.bound === 'time';
    return { kind: 'open', because: verdict.because, timedOut };
  }
  const first = report.found[0]?.violation.property ?? 'another property';
  return { kind: 'open', because: `the search ended with the violation of ${first}` };
}

function suiteOf(report: SearchReport, hash: string): Suite {
  const { outcome, found, scenario, selection, seed, startedAt } = report;
  const { evidence, states, transitions, depth, samples, elapsed_ms } = outcome.statistics;
  const judged = evidence.map(({ id }) => id);
  const ofNoCase = found.map(({ violation }) => violation.property);
  const names = [...new Set([...judged, ...ofNoCase])];
  return {
    name: scenario.id,
    startedAt,
    elapsed_ms,
    facts: {
      rules: rulesText(selection),
      ...(samples === undefined ? { states } : { samples }),
      transitions,
      depth,
      ...(seed === undefined ? {} : { seed: `0x${seed.toString(16)}` }),
      model: hash,
    },
    cases: names.map((name) => {
      const hit = found.find(({ violation }) => violation.property === name);
      return hit === undefined ? { name, result: otherResult(report) } : violatedCase(hit);
    }),
  };
}

const oneOpen = (name: string, because: string): Case => ({
  name,
  result: { kind: 'open', because },
});

/** What no scenario can be blamed for. */
const vacuousSuite = (vacuous: readonly string[]): Suite => ({
  name: 'every property has a case and a witness',
  cases: vacuous.map((id) => oneOpen(id, 'no case, or no witness, in any scenario')),
});

/** Order: of the scenarios; then what was not searched, then what was vacuous. */
export const searchSuites = (summary: Summary): Suite[] => [
  ...summary.reports.map((report) => suiteOf(report, summary.model.hash)),
  ...summary.notSearched.map((name) => ({
    name,
    cases: [oneOpen('search', 'it was interrupted before this scenario')],
  })),
  ...(summary.vacuous.length === 0 ? [] : [vacuousSuite(summary.vacuous)]),
];

const transitionOf = (action: string): string => action.replace(/\(.*$/, '');

/** A step is at its line of the saved file; without one, at the property that it leads to. */
function stepsOf({ steps, saved }: FoundViolation, property: SarifPlace): SarifStep[] {
  return steps.map(({ number, actor, action, changes }, i) => ({
    number,
    actor,
    at: {
      ...(saved === undefined ? property : { file: saved.file, line: saved.line + i }),
      says: action,
    },
    changes,
  }));
}

function resultFor(found: FoundViolation, report: SearchReport): SarifResult {
  const { violation, property, steps, saved, known } = found;
  const main: SarifPlace = { file: property?.file ?? report.scenario.id, line: 1 };
  const transitions = steps.map(({ action }) => transitionOf(action));
  const last = saved === undefined ? [] : [{ file: saved.file, line: lastLine(found) }];
  const scenario = `${report.scenario.id} (${rulesText(report.selection)})`;
  return {
    rule: violation.property,
    kind: 'fail',
    message: [
      `${findingText(violation.finding)}, at step ${steps.length} of ${scenario}.`,
      `Repeat: ${report.repeat}`,
    ].join('\n'),
    at: [main, ...last],
    functions: [...new Set([...transitions.slice(-1), ...functionNames(property?.source ?? [])])],
    steps: stepsOf(found, main),
    identity: [violation.property, scenario, ...transitions].join(' '),
    accepted: known,
  };
}

const lastLine = ({ saved, steps }: FoundViolation): number =>
  (saved?.line ?? 1) + Math.max(0, steps.length - 1);

/** A property that was asked in a search and not found violated. */
function silentResult(id: string, report: SearchReport, property?: PropertyEntry): SarifResult {
  const scenario = `${report.scenario.id} (${rulesText(report.selection)})`;
  const other = otherResult(report);
  const isOpen = other.kind === 'open';
  return {
    rule: id,
    kind: isOpen ? 'open' : 'pass',
    message: isOpen
      ? `No verdict in ${scenario}: ${other.because}.\nRepeat: ${report.repeat}`
      : `Holds ${extentOf(report)}: ${scenario}.`,
    at: [{ file: property?.file ?? report.scenario.id, line: 1 }],
    identity: [id, scenario].join(' '),
  };
}

/** Order: violations, then what is open, then what held; each by search. */
const kinds = ['fail', 'open', 'pass'] as const;

/**
 * A violation points at its property, and at its last step in the file that keeps it; all other
 * results point at their property alone.
 */
export function searchResults(
  { reports }: Summary,
  properties: readonly PropertyEntry[],
): SarifResult[] {
  const results = reports.flatMap((report) => {
    const violated = new Set(report.found.map(({ violation }) => violation.property));
    const silent = report.outcome.statistics.evidence.filter(({ id }) => !violated.has(id));
    return [
      ...report.found.map((found) => resultFor(found, report)),
      ...silent.map(({ id }) =>
        silentResult(
          id,
          report,
          properties.find((one) => one.id === id),
        ),
      ),
    ];
  });
  return kinds.flatMap((wanted) => results.filter(({ kind }) => kind === wanted));
}
