/**
 * One attempt at a trace: disabled steps are skipped, the first failure ends it.
 *
 * Deleting or changing a step may disable later ones. Skipping these keeps every candidate of a
 * shrinker meaningful, and what is left after the skipping is itself an exact trace.
 */
import { ModelAssumptionError, type Fields, type Finding } from '../machine/index.ts';
import type { Trace } from '../outcome.ts';
import type { Judgement, Program } from '../program.ts';

/** How a run of a machine ends badly. */
export type Failure =
  | { readonly kind: 'violated'; readonly property: string; readonly finding: Finding }
  | { readonly kind: 'broken'; readonly error: ModelAssumptionError };

/** An exact trace, every step of which is enabled, and the failure at its end. */
export interface FailingTrace {
  readonly trace: Trace;
  readonly failure: Failure;
}

/** The same property, or the same broken sentence. */
export function sameFailure(x: Failure, y: Failure): boolean {
  if (x.kind === 'violated') return y.kind === 'violated' && x.property === y.property;
  return y.kind === 'broken' && x.error.message === y.error.message;
}

/** Whether a failure is the one looked for; `null` accepts every failure. */
export type Wanted = Failure | null;

/** The first of the judgements that is wanted. */
export function wantedAmong(found: readonly Judgement[], wanted: Wanted): Failure | null {
  for (const { id, finding } of found) {
    const failure: Failure = { kind: 'violated', property: id, finding };
    if (wanted === null || sameFailure(wanted, failure)) return failure;
  }
  return null;
}

/** Runs `body`; a broken assumption of the model becomes a failure, if wanted. */
export function orBroken(wanted: Wanted, body: () => Failure | null): Failure | null {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof ModelAssumptionError)) throw error;
    const failure: Failure = { kind: 'broken', error };
    return wanted === null || sameFailure(wanted, failure) ? failure : null;
  }
}

/**
 * Executes `trace`, skipping disabled steps, up to the first wanted failure.
 * Returns the steps that were executed with that failure, or `null` when it does not happen.
 */
export function attempt<S, F extends Fields>(
  program: Program<S, F>,
  trace: Trace,
  wanted: Wanted,
): FailingTrace | null {
  const steps: number[] = [];
  const failure = orBroken(wanted, () => {
    program.initialise(trace.initial);
    let found = wantedAmong(program.evaluate(null), wanted);
    for (const id of trace.steps) {
      if (found !== null) return found;
      steps.push(id);
      if (program.execute(id)) found = wantedAmong(program.evaluate(id), wanted);
      else steps.pop();
    }
    return found;
  });
  return failure === null ? null : { trace: { initial: trace.initial, steps }, failure };
}
