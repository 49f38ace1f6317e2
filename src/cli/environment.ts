/** Everything a command gets from outside: model, terminal, clock, signals, chance. */
import type { Catalogue } from '../checker/catalogue.ts';
import type { ModelVersion } from '../counterexample/model-version.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface Environment {
  readonly catalogue: Catalogue;
  readonly model: ModelVersion;
  /** Results. The text ends with a newline. */
  readonly out: (text: string) => void;
  /** Progress and diagnostics. */
  readonly err: (text: string) => void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** The time of day in UTC, ISO 8601, for reports. */
  readonly date: () => string;
  /** The signal that asked to stop, if any. */
  readonly stopSignal: () => StopSignal | undefined;
  readonly randomSeed: () => bigint;
  /** Searches that may be made at once, each in a thread of its own. Default: 1. */
  readonly cores?: number;
  /** Where stored counterexamples are looked for when no path is given. */
  readonly corpus: () => string;
}
