/** What a search in a thread of its own is told, and what it tells. */
import type { ExhaustiveOptions, MachineSource } from '../../engine/exhaustive.ts';
import type { Outcome, Statistics, Trace } from '../../engine/outcome.ts';
import type { RandomOptions } from '../../engine/random.ts';

/** A search as plain data. */
export type Task = { readonly source: MachineSource } & (
  | { readonly engine: 'exhaustive'; readonly options: ExhaustiveOptions }
  | { readonly engine: 'random'; readonly options: RandomOptions }
);

/** Words that all threads see. */
export const Flag = {
  /** Somebody asked to stop. */
  stop: 0,
  /** No other search runs or waits: more threads may join the one that does. */
  alone: 1,
} as const;

export const FLAGS = 2;

/** What an engine threw: a class does not survive the way between threads. */
export interface ThrownThere {
  readonly error: unknown;
  /** Of a broken model: the sentence that does not hold, and the run that shows it. */
  readonly broken?: { readonly sentence: string; readonly trace: Trace };
  /** Of states that could be kept nowhere: the folder, and why not. */
  readonly unkept?: { readonly folder: string; readonly reason: string };
}

export type News<O extends Outcome = Outcome> =
  | { readonly kind: 'progress'; readonly statistics: Statistics }
  | { readonly kind: 'done'; readonly outcome: O }
  | ({ readonly kind: 'thrown' } & ThrownThere);
