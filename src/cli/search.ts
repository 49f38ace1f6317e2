/** Running an engine on one scenario, and making a report of what it returned. */
import { availableParallelism } from 'node:os';
import { match } from 'ts-pattern';
import type { AnyMachine, ScenarioEntry, Selection } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import {
  asksProgress,
  checkExhaustively,
  type ExhaustiveOptions,
  type MachineSource,
} from '../engine/exhaustive.ts';
import type { Control, Limits, Outcome, Statistics, Trace, Violation } from '../engine/outcome.ts';
import type { Opening } from '../engine/random/harvest.ts';
import { explore, type RandomOptions, type RandomOutcome } from '../engine/random.ts';
import type { Reporter } from '../report/reporter.ts';
import type { SearchHeader, SearchReport } from '../report/search-report.ts';
import { withCheckpointFaults } from './checkpoint.ts';
import type { Environment } from './environment.ts';
import { foundViolations, type SearchedViolation } from './found.ts';
import { withNamedSteps } from './internal-error.ts';
import type { Progress } from './progress.ts';

export interface SearchContext {
  readonly environment: Environment;
  readonly reporter: Reporter;
  readonly progress: Progress;
  /** Absent: nothing is saved. */
  readonly saveFolder?: string;
  /** Whether the violation of a property is in the baseline. Absent: there is none. */
  readonly isKnown?: (target: SearchTarget, property: string) => boolean;
  /** File names used by this command so far. */
  readonly taken: Set<string>;
}

export interface SearchTarget {
  readonly scenario: ScenarioEntry;
  readonly selection: Selection;
  readonly limits: Limits;
  /** The command that repeats the search. */
  readonly repeat: string;
}

export interface ExhaustiveSettings {
  /** Ask progress properties where there are any, which does without symmetry. Default: `true`. */
  readonly liveness?: boolean;
  readonly symmetry: boolean;
  /** Default: `exact`. */
  readonly storage?: NonNullable<ExhaustiveOptions['storage']>;
  readonly maxErrors: number;
  readonly frontier?: NonNullable<ExhaustiveOptions['frontier']>;
  readonly checkpoint?: NonNullable<ExhaustiveOptions['checkpoint']>;
  readonly resumeFrom?: string;
  /** Threads that search. Absent: as many as there are cores, once a search has lasted. */
  readonly workers?: number;
}

export interface Searched extends SearchReport {
  readonly found: readonly SearchedViolation[];
  /** What later runs should begin with, when that was asked for and nothing was found. */
  readonly openings?: readonly Opening[];
}

/** Time after which a search is worth the start of more threads. */
export const parallelAfter_ms = 2000;

/** States for which it is from the beginning. */
export const LARGE_STATES = 150_000;

export interface RandomSettings {
  readonly seed: bigint;
  readonly path?: string;
  /** Begin most walks where an earlier one was the first. Default: `false`. */
  readonly guided?: boolean;
  /** Runs that guided walks begin with. */
  readonly openings?: readonly Trace[];
  /** Whether to say what later runs should begin with. */
  readonly harvest?: boolean;
  readonly maxSamples: number;
  readonly maxSteps: number;
  /**
   * Threads that walk. `auto`: as many as there are cores, once a run has lasted, and one when it
   * is guided, since its walks depend on their number. Default: 1.
   */
  readonly workers?: number | 'auto';
}

/** A search as it was asked for, to be made here or elsewhere. */
export interface Search {
  readonly target: SearchTarget;
  readonly machine: AnyMachine;
  readonly header: SearchHeader;
  /** Plain data. */
  readonly task:
    | { readonly engine: 'exhaustive'; readonly options: ExhaustiveOptions }
    | {
        readonly engine: 'random';
        readonly options: RandomOptions;
        readonly workers: number | 'auto';
      };
}

export function controlFor(context: SearchContext, header: SearchHeader): Control {
  const { environment } = context;
  return {
    now: environment.now,
    interrupted: () => environment.stopSignal() !== undefined,
    onProgress: (statistics) => showProgress(context, header, statistics),
  };
}

export function showProgress(
  { progress, reporter }: SearchContext,
  header: SearchHeader,
  statistics: Statistics,
): void {
  progress.show(header, statistics);
  reporter.progressed(header, statistics);
}

/** Whether nothing but the scenario, or the number of walks, ended the search. */
const isComplete = (outcome: Outcome, maxErrors: number): boolean =>
  match(outcome)
    .with({ kind: 'held' }, () => true)
    .with({ kind: 'inconclusive' }, ({ bound }) => bound === 'samples')
    .with(
      { kind: 'violated' },
      ({ violations, bound }) => bound === undefined && violations.length < maxErrors,
    )
    .exhaustive();

const violationsOf = (outcome: Outcome): readonly Violation[] =>
  outcome.kind === 'violated' ? outcome.violations : [];

/** Without a source, one thread searches. `workers`: absent, as many as pay. */
export function threadsFor(
  source: MachineSource | undefined,
  workers: number | undefined,
  expectedStates = 0,
): Pick<ExhaustiveOptions, 'workers' | 'parallelAfter_ms' | 'source'> {
  if (source === undefined) return {};
  if (workers !== undefined) return { workers, source };
  const isLarge = expectedStates >= LARGE_STATES;
  return {
    workers: availableParallelism(),
    parallelAfter_ms: isLarge ? 0 : parallelAfter_ms,
    source,
  };
}

/** The threads of random walks. */
function walkersFor(
  source: MachineSource | undefined,
  workers: number | 'auto',
): Pick<RandomOptions, 'workers' | 'parallelAfter_ms' | 'source'> {
  return {
    ...(source === undefined ? {} : { source }),
    ...(workers === 'auto' ? { workers: availableParallelism(), parallelAfter_ms } : { workers }),
  };
}

/** No walk, no verdict. Errors: fault 102. */
function checkPathLed({ path }: RandomSettings, { kind, statistics, ...more }: Outcome): void {
  if (path === undefined || kind !== 'inconclusive' || statistics.samples !== 0) return;
  if ('bound' in more && more.bound !== 'samples') return;
  throw new Fault('KMC-102', `path ${path}: leads to no walk of this seed`, [
    'Give a path together with the seed that it was printed with.',
  ]);
}

/** States that a search will find, if somebody knows: that of a mutant ends sooner, as a rule. */
export const expectedStates = ({ scenario, selection }: SearchTarget): number | undefined =>
  selection.mutant === undefined ? scenario.counts?.states : undefined;

export function exhaustiveSearch(
  environment: Environment,
  target: SearchTarget,
  { workers, ...settings }: ExhaustiveSettings,
): Search {
  const { scenario, selection, limits, repeat } = target;
  const machine = environment.catalogue.instantiate(selection);
  const header: SearchHeader = {
    verb: 'check',
    engine: 'exhaustive',
    scenario,
    machine: machine.name,
    selection,
    workers: workers ?? 'auto',
    symmetry: settings.symmetry && !asksProgress(machine, settings),
    startedAt: environment.date(),
    repeat,
  };
  const expected = expectedStates(target);
  const hint = expected === undefined ? {} : { expectedStates: expected };
  const options = { limits, ...settings, ...hint };
  return { target, machine, header, task: { engine: 'exhaustive', options } };
}

export function randomSearch(
  environment: Environment,
  target: SearchTarget,
  { workers: wanted = 1, ...settings }: RandomSettings,
): Search {
  const { scenario, selection, limits, repeat } = target;
  const machine = environment.catalogue.instantiate(selection);
  const workers = wanted === 'auto' && settings.guided === true ? 1 : wanted;
  const header: SearchHeader = {
    verb: 'run',
    engine: 'random',
    scenario,
    machine: machine.name,
    selection,
    workers,
    seed: settings.seed,
    startedAt: environment.date(),
    repeat,
  };
  const options = { ...settings, limits };
  return { target, machine, header, task: { engine: 'random', options, workers } };
}

/** What a saved counterexample says of how it was found. */
const foundBy = (
  version: string,
  { symmetry }: SearchHeader,
  outcome: Outcome | RandomOutcome,
): Counterexample['found'] =>
  'seed' in outcome
    ? { engine: 'random', version, seed: `0x${outcome.seed.toString(16)}`, path: outcome.path }
    : { engine: 'exhaustive', version, symmetry: symmetry ?? false };

/** How to repeat a random search, and the path within its seed. */
function pathOf(
  { repeat }: SearchHeader,
  outcome: Outcome | RandomOutcome,
): Pick<SearchReport, 'repeat' | 'path'> {
  if (!('path' in outcome)) return { repeat };
  const { kind, path } = outcome;
  return { repeat: kind === 'violated' && path !== '' ? `${repeat} --path ${path}` : repeat, path };
}

/** Reports a search when the `work` on it ends. Errors: whatever ended it, in words. */
export async function reported(
  context: SearchContext,
  { target, machine, header, task }: Search,
  work: Promise<Outcome | RandomOutcome>,
): Promise<Searched> {
  const isExhaustive = task.engine === 'exhaustive';
  const saved = isExhaustive ? withCheckpointFaults(task.options, work) : work;
  const outcome = await withNamedSteps(machine, target.repeat, saved);
  context.progress.clear();
  if (!isExhaustive) checkPathLed(task.options, outcome);
  const { version } = context.environment.model;
  const by = foundBy(version, header, outcome);
  const found = foundViolations(context, target, machine, violationsOf(outcome), by);
  const complete = isComplete(outcome, isExhaustive ? (task.options.maxErrors ?? 1) : 1);
  const openings = 'openings' in outcome && outcome.openings;
  const report: Searched = {
    ...header,
    ...pathOf(header, outcome),
    outcome,
    complete,
    found,
    ...(openings ? { openings } : {}),
  };
  context.reporter.finished(report);
  return report;
}

/** Makes a search in this thread, with others when it is exhaustive and lasts. */
export function searchHere(
  context: SearchContext,
  search: Search,
  workers?: number,
): Promise<Searched> {
  const { target, machine, header, task } = search;
  context.reporter.started(header);
  const control = controlFor(context, header);
  const source = context.environment.catalogue.source?.(target.selection);
  if (task.engine === 'random') {
    const walkers = walkersFor(source, task.workers);
    return reported(context, search, explore(machine, { ...task.options, ...walkers }, control));
  }
  const threads = threadsFor(source, workers, expectedStates(target));
  const work = checkExhaustively(machine, { ...task.options, ...threads }, control);
  return reported(context, search, work);
}

export const searchExhaustively = (
  context: SearchContext,
  target: SearchTarget,
  settings: ExhaustiveSettings,
): Promise<Searched> =>
  searchHere(context, exhaustiveSearch(context.environment, target, settings), settings.workers);

export const searchAtRandom = (
  context: SearchContext,
  target: SearchTarget,
  settings: RandomSettings,
): Promise<Searched> => searchHere(context, randomSearch(context.environment, target, settings));
