/** Violations of a trace as results of SARIF: each at its line of the trace. */
import type { SarifResult } from '../../report/sarif.ts';
import { traceRules } from '../rules/index.ts';
import { evidenceOf, type ShownViolation, type TraceReport } from './result.ts';

function resultOf({ violation, lines }: ShownViolation, file: string): SarifResult {
  const { rule, line, message, objects = [] } = violation;
  const textOf = (number: number) => lines.find((one) => one.number === number)?.text;
  const isObservation = traceRules.find(({ id }) => id === rule)?.observation === true;
  return {
    rule,
    kind: isObservation ? 'review' : 'fail',
    message: [message, ...objects].join('\n'),
    at: [{ file, line, snippet: textOf(line) }],
    related: evidenceOf(violation).map((evidence) => ({
      file,
      line: evidence.line,
      snippet: textOf(evidence.line),
      says: evidence.what,
    })),
    identity: `${rule} ${message}`,
  };
}

export const traceResults = (reports: readonly TraceReport[]): SarifResult[] =>
  reports.flatMap(({ file, shown }) => shown.map((violation) => resultOf(violation, file)));
