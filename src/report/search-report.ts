/** What a search of one scenario came to, ready to be printed in any format. */
import { match, P } from 'ts-pattern';
import type { PropertyEntry, ScenarioEntry, Selection } from '../checker/catalogue.ts';
import type { ExecutedRun } from '../counterexample/execute.ts';
import type { Story } from '../counterexample/story.ts';
import type { Bound, Outcome, Statistics, Violation } from '../engine/outcome.ts';

export type Engine = 'exhaustive' | 'random';

/** Known before the search begins. */
export interface SearchHeader {
  readonly verb: 'check' | 'run';
  readonly engine: Engine;
  readonly scenario: ScenarioEntry;
  readonly machine: string;
  readonly selection: Selection;
  /** `auto`: as many as pay; the results are the same for any number. */
  readonly workers: number | 'auto';
  /** Absent: the engine does not use symmetry. */
  readonly symmetry?: boolean;
  /** Random engine only. */
  readonly seed?: bigint;
  /** The command that repeats this search. */
  readonly repeat: string;
}

/**
 * Why a reader should look at a step: the property broke there, it is named as a cause, or it
 * changed an object that the finding is about.
 */
export type StepMark = 'broken' | 'cause' | 'concerned';

export interface ReportedStep {
  readonly number: number;
  readonly actor: string;
  readonly action: string;
  /** What changed in the state, in words, one line each. */
  readonly changes: readonly string[];
  readonly mark?: StepMark;
}

export interface FoundViolation {
  readonly violation: Violation;
  readonly property: PropertyEntry | undefined;
  readonly run: ExecutedRun;
  readonly steps: readonly ReportedStep[];
  readonly story: Story;
  /** File that keeps it. */
  readonly saved?: string;
}

export interface SearchReport extends SearchHeader {
  readonly outcome: Outcome;
  readonly found: readonly FoundViolation[];
  /** Random engine only: the path to the failing walk within the seed. */
  readonly path?: string;
}

export type Verdict =
  | { readonly kind: 'held' }
  | { readonly kind: 'violated' }
  | { readonly kind: 'inconclusive'; readonly because: string };

const boundNames: Record<Bound, string> = {
  states: '--max-states was reached',
  depth: '--max-depth was reached',
  time: 'the time limit was reached',
  memory: '--max-memory was reached',
  samples: '--max-samples was reached',
  interrupted: 'it was interrupted',
};

export const boundText = (bound: Bound): string => boundNames[bound];

/** A random run that made all its samples did what was asked of it. */
export const verdictOf = (report: Pick<SearchReport, 'engine' | 'outcome'>): Verdict =>
  match(report)
    .returnType<Verdict>()
    .with({ outcome: { kind: 'held' } }, () => ({ kind: 'held' }))
    .with({ outcome: { kind: 'violated' } }, () => ({ kind: 'violated' }))
    .with({ engine: 'random', outcome: { kind: 'inconclusive', bound: 'samples' } }, () => ({
      kind: 'held',
    }))
    .with({ outcome: { kind: 'inconclusive', bound: P.select() } }, (bound) => ({
      kind: 'inconclusive',
      because: boundText(bound),
    }))
    .exhaustive();

/** Names of the transitions that no step of the search took. */
export const neverTaken = (statistics: Statistics): string[] =>
  statistics.coverage.filter(({ taken }) => taken === 0).map(({ name }) => name);

/** Properties that never had a case, or whose witness was not reached, in all of these searches. */
export function vacuousIn(reports: readonly SearchReport[]): string[] {
  const alive = new Map<string, boolean>();
  for (const { outcome } of reports) {
    for (const { id, applied, witnessReached } of outcome.statistics.evidence) {
      alive.set(id, (alive.get(id) ?? false) || (applied > 0 && witnessReached));
    }
  }
  return [...alive].filter(([, isAlive]) => !isAlive).map(([id]) => id);
}

/** The worst of several: a violation outweighs a doubt, a doubt outweighs a success. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return (
    verdicts.find((v) => v.kind === 'violated') ??
    verdicts.find((v) => v.kind === 'inconclusive') ?? { kind: 'held' }
  );
}
