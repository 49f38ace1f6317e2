/** Everything that a report of one trace says, whatever its form. */
import type { Evidence, Violation } from '../rules/rule.ts';
import type { Validation } from '../validate.ts';
import type { SavedExplanation } from './explanation.ts';
import { notExercised, traceVerdict, type NotExercised, type TraceVerdict } from '../verdict.ts';

export interface ShownViolation {
  readonly violation: Violation;
  /** In order; the text of a line that is no longer at hand is missing. */
  readonly lines: readonly { readonly number: number; readonly text: string | undefined }[];
}

export interface TraceReport {
  readonly file: string;
  readonly validation: Validation;
  readonly verdict: TraceVerdict;
  readonly notExercised: readonly NotExercised[];
  /** Order: of lines, then of rules. */
  readonly shown: readonly ShownViolation[];
  readonly elapsed_ms: number;
  /** The command that repeats it. */
  readonly repeat: string;
  /** Where it was asked for and there is something to explain. */
  readonly explanation: SavedExplanation | undefined;
}

/** Lines that a violation depends on, in order. */
export const evidenceOf = ({ because }: Violation): Evidence[] =>
  (because ?? [])
    .filter((evidence) => evidence !== undefined)
    .sort((a, b) => a.line - b.line)
    .slice(0, 8);

/** Violations that a report shows: the first `most` of each rule. Order: of lines, of rules. */
export const shownViolations = ({ outcomes }: Validation, most: number): Violation[] =>
  outcomes.flatMap(({ violations }) => violations.slice(0, most)).sort((a, b) => a.line - b.line);

export function traceReport(
  file: string,
  validation: Validation,
  shown: readonly ShownViolation[],
  rest: Pick<TraceReport, 'elapsed_ms' | 'repeat' | 'explanation'>,
): TraceReport {
  const verdict = traceVerdict(validation);
  return { file, validation, verdict, notExercised: notExercised(validation), shown, ...rest };
}
