/** Violations of a trace as results of SARIF: each at its line of the trace. */
import type { SarifResult, SarifStep } from '../../report/sarif.ts';
import { parseLine } from '../read/line.ts';
import { traceRules } from '../rules/index.ts';
import { evidenceOf, type ShownViolation, type TraceReport } from './result.ts';

/** The task on whose behalf a line was written: `vmm-746`. */
function taskOf(text: string | undefined, line: number): string {
  const { comm, thread } = parseLine(text ?? '', line) ?? {};
  return comm === undefined ? 'a task' : `${comm}-${thread}`;
}

/** The lines that it depends on, then its own, each on the thread of its task. */
function stepsOf({ violation, lines }: ShownViolation, file: string): SarifStep[] {
  const own = { line: violation.line, what: violation.message };
  return [...evidenceOf(violation), own].map(({ line, what }, i) => {
    const snippet = lines.find((one) => one.number === line)?.text;
    const at = { file, line, snippet, says: what };
    return { number: i + 1, actor: taskOf(snippet, line), at, changes: [what] };
  });
}

function resultOf(shown: ShownViolation, file: string): SarifResult {
  const { violation, lines } = shown;
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
    steps: stepsOf(shown, file),
    identity: `${rule} ${message}`,
  };
}

export const traceResults = (reports: readonly TraceReport[]): SarifResult[] =>
  reports.flatMap(({ file, shown }) => shown.map((violation) => resultOf(violation, file)));
