import { ModelAssumptionError } from './machine/index.ts';
import type { Trace } from './outcome.ts';

/** The model itself is wrong: the sentence that does not hold, and the run that shows it. */
export class BrokenModelError extends Error {
  override readonly name = 'BrokenModelError';
  /** Ends with the step that failed. */
  readonly trace: Trace;

  constructor(sentence: string, trace: Trace, options?: ErrorOptions) {
    super(sentence, options);
    this.trace = trace;
  }
}

/**
 * Rethrows `error` with the trace that led to it.
 * Errors: `BrokenModelError` for a broken assumption, `error` itself for anything else.
 */
export function rethrowWithTrace(error: unknown, trace: Trace): never {
  if (error instanceof ModelAssumptionError) {
    throw new BrokenModelError(error.message, trace, { cause: error });
  }
  throw error;
}
