/** What a search of one scenario came to, ready to be printed in any format. */
import { match, P } from 'ts-pattern';
import type { PropertyEntry, ScenarioEntry, Selection } from '../checker/catalogue.ts';
import type { Story } from '../counterexample/story.ts';
import type { Bound, Statistics, Violation } from '../engine/outcome.ts';

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
  /** ISO 8601. */
  readonly startedAt: string;
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
  readonly violation: Omit<Violation, 'trace'>;
  readonly property: PropertyEntry | undefined;
  readonly steps: readonly ReportedStep[];
  readonly story: Pick<Story, 'objects' | 'causes'>;
  /** File that keeps it, and the line of its first action there. */
  readonly saved?: { readonly file: string; readonly line: number };
  /** It is in the baseline. */
  readonly known: boolean;
}

/** What an engine returned, but for the violations: those are in `found`. */
export type SearchOutcome =
  | { readonly kind: 'held'; readonly statistics: Statistics }
  | { readonly kind: 'violated'; readonly bound?: Bound; readonly statistics: Statistics }
  | { readonly kind: 'inconclusive'; readonly bound: Bound; readonly statistics: Statistics };

export interface SearchReport extends SearchHeader {
  readonly outcome: SearchOutcome;
  /** Every property was judged as far as the scenario, or the number of walks, goes. */
  readonly complete: boolean;
  readonly found: readonly FoundViolation[];
  /** Random engine only: the path to the failing walk within the seed. */
  readonly path?: string;
}

export type Verdict =
  | { readonly kind: 'held' }
  /** Violated, but as the baseline says. */
  | { readonly kind: 'known' }
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

const inconclusive = (bound: Bound): Verdict => ({
  kind: 'inconclusive',
  because: boundText(bound),
});

/** A random run that made all its samples did what was asked of it. */
export const verdictOf = (report: Pick<SearchReport, 'engine' | 'outcome' | 'found'>): Verdict =>
  match(report)
    .returnType<Verdict>()
    .with({ outcome: { kind: 'held' } }, () => ({ kind: 'held' }))
    .with({ outcome: { kind: 'violated' } }, ({ outcome, found }) => {
      const isKnown = found.length > 0 && found.every(({ known }) => known);
      if (!isKnown) return { kind: 'violated' };
      return outcome.bound === undefined ? { kind: 'known' } : inconclusive(outcome.bound);
    })
    .with({ engine: 'random', outcome: { kind: 'inconclusive', bound: 'samples' } }, () => ({
      kind: 'held',
    }))
    .with({ outcome: { kind: 'inconclusive', bound: P.select() } }, inconclusive)
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

/** A violation outweighs a doubt, a doubt a known violation, and that a success. */
const order = ['violated', 'inconclusive', 'known'] as const;

/** The worst of several. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  for (const kind of order) {
    const found = verdicts.find((verdict) => verdict.kind === kind);
    if (found !== undefined) return found;
  }
  return { kind: 'held' };
}
