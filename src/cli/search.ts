/** Running an engine on one scenario, and making a report of what it returned. */
import { availableParallelism } from 'node:os';
import { match } from 'ts-pattern';
import type { AnyMachine, ScenarioEntry, Selection } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { changeText, changesBetween } from '../counterexample/diff.ts';
import { actionText, executeTrace, type ExecutedRun } from '../counterexample/execute.ts';
import { counterexampleOf } from '../counterexample/record.ts';
import { saveIn } from '../counterexample/save.ts';
import { lineOfActions, serialise } from '../counterexample/serialise.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import { storyOf, type Story } from '../counterexample/story.ts';
import {
  asksProgress,
  checkExhaustively,
  type ExhaustiveOptions,
  type MachineSource,
} from '../engine/exhaustive.ts';
import type { Control, Limits, Outcome, Violation } from '../engine/outcome.ts';
import { explore } from '../engine/random.ts';
import type { Reporter } from '../report/reporter.ts';
import type {
  FoundViolation,
  ReportedStep,
  SearchHeader,
  SearchReport,
} from '../report/search-report.ts';
import { withCheckpointFaults } from './checkpoint.ts';
import type { Environment } from './environment.ts';
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
  readonly checkpoint?: NonNullable<ExhaustiveOptions['checkpoint']>;
  readonly resumeFrom?: string;
  /** Threads that search. Absent: as many as there are cores, once a search has lasted. */
  readonly workers?: number;
}

/** A violation as it was found, with all that a file needs. */
export interface SearchedViolation extends FoundViolation {
  readonly counterexample: Counterexample;
}

export interface Searched extends SearchReport {
  readonly found: readonly SearchedViolation[];
}

/** Time after which a search is worth the start of more threads. */
const parallelAfter_ms = 2000;

/** States for which it is from the beginning. */
const LARGE_STATES = 150_000;

export interface RandomSettings {
  readonly seed: bigint;
  readonly path?: string;
  /** Begin most walks where an earlier one was the first. Default: `false`. */
  readonly guided?: boolean;
  readonly maxSamples: number;
  readonly maxSteps: number;
}

/** Where a step is what a reader looks for, and why. */
const markOf = (number: number, story: Story | undefined): Pick<ReportedStep, 'mark'> => {
  if (story === undefined) return {};
  if (number === story.step) return { mark: 'broken' };
  if (story.causes.some(({ step }) => step === number)) return { mark: 'cause' };
  return story.concerned.includes(number) ? { mark: 'concerned' } : {};
};

/** What changed at each step, in the words of the model when it has any. */
export function reportedSteps(
  environment: Environment,
  selection: Selection,
  run: ExecutedRun,
  story?: Story,
): ReportedStep[] {
  const describe =
    environment.catalogue.describeChanges ??
    ((_, before, after) => changesBetween(before, after).map(changeText));
  return run.steps.map(({ number, action, before, after }) => ({
    number,
    actor: action.actor,
    action: actionText(action),
    changes: describe(selection, before, after),
    ...markOf(number, story),
  }));
}

function controlFor(context: SearchContext, header: SearchHeader): Control {
  const { environment, progress, reporter } = context;
  return {
    now: environment.now,
    interrupted: () => environment.stopSignal() !== undefined,
    onProgress: (statistics) => {
      progress.show(header, statistics);
      reporter.progressed(header, statistics);
    },
  };
}

function foundViolations(
  context: SearchContext,
  target: SearchTarget,
  machine: AnyMachine,
  violations: readonly Violation[],
  found: Counterexample['found'],
): SearchedViolation[] {
  const { environment, saveFolder, taken } = context;
  const { catalogue, model } = environment;
  const { selection } = target;
  return violations.map((violation) => {
    const run = executeTrace(machine, violation.trace);
    const counterexample = counterexampleOf(
      violation,
      { selection, machine, catalogue, model, found },
      run,
    );
    const story = storyOf(catalogue, selection, run, { ...violation, step: run.steps.length });
    return {
      violation,
      story,
      property: catalogue.properties.find(({ id }) => id === violation.property),
      steps: reportedSteps(environment, selection, run, story),
      ...(saveFolder === undefined ? {} : { saved: savedIn(saveFolder, counterexample, taken) }),
      known: context.isKnown?.(target, violation.property) ?? false,
      counterexample,
    };
  });
}

const savedIn = (folder: string, found: Counterexample, taken: Set<string>) => ({
  file: saveIn(folder, found, taken),
  line: lineOfActions(serialise(found)),
});

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

export async function searchExhaustively(
  context: SearchContext,
  target: SearchTarget,
  settings: ExhaustiveSettings,
): Promise<Searched> {
  const { scenario, selection, limits, repeat } = target;
  const machine = context.environment.catalogue.instantiate(selection);
  const { workers, ...wanted } = settings;
  const symmetry = wanted.symmetry && !asksProgress(machine, wanted);
  const header: SearchHeader = {
    verb: 'check',
    engine: 'exhaustive',
    scenario,
    machine: machine.name,
    selection,
    workers: workers ?? 'auto',
    symmetry,
    startedAt: context.environment.date(),
    repeat,
  };
  context.reporter.started(header);
  const control = controlFor(context, header);
  // A mutant's search ends much sooner, as a rule.
  const expected = selection.mutant === undefined ? scenario.counts?.states : undefined;
  const threads = threadsFor(context.environment.catalogue.source?.(selection), workers, expected);
  const hint = expected === undefined ? {} : { expectedStates: expected };
  const work = checkExhaustively(machine, { limits, ...wanted, ...hint, ...threads }, control);
  const saved = withCheckpointFaults(settings, work);
  const outcome = await withNamedSteps(machine, repeat, saved);
  context.progress.clear();
  const { version } = context.environment.model;
  const found = foundViolations(context, target, machine, violationsOf(outcome), {
    engine: 'exhaustive',
    version,
    symmetry,
  });
  const complete = isComplete(outcome, settings.maxErrors);
  const report: Searched = { ...header, outcome, complete, found };
  context.reporter.finished(report);
  return report;
}

/** No walk, no verdict. Errors: fault 102. */
function checkPathLed({ path }: RandomSettings, { kind, statistics, ...more }: Outcome): void {
  if (path === undefined || kind !== 'inconclusive' || statistics.samples !== 0) return;
  if ('bound' in more && more.bound !== 'samples') return;
  throw new Fault('KMC-102', `path ${path}: leads to no walk of this seed`, [
    'Give a path together with the seed that it was printed with.',
  ]);
}

export async function searchAtRandom(
  context: SearchContext,
  target: SearchTarget,
  settings: RandomSettings,
): Promise<Searched> {
  const { scenario, selection, limits, repeat } = target;
  const machine = context.environment.catalogue.instantiate(selection);
  const header: SearchHeader = {
    verb: 'run',
    engine: 'random',
    scenario,
    machine: machine.name,
    selection,
    workers: 1,
    seed: settings.seed,
    startedAt: context.environment.date(),
    repeat,
  };
  context.reporter.started(header);
  const work = explore(machine, { ...settings, limits }, controlFor(context, header));
  const outcome = await withNamedSteps(machine, repeat, work);
  context.progress.clear();
  checkPathLed(settings, outcome);
  const { version } = context.environment.model;
  const found = foundViolations(context, target, machine, violationsOf(outcome), {
    engine: 'random',
    version,
    seed: `0x${outcome.seed.toString(16)}`,
    path: outcome.path,
  });
  const report: Searched = {
    ...header,
    repeat:
      outcome.kind === 'violated' && outcome.path !== ''
        ? `${repeat} --path ${outcome.path}`
        : repeat,
    outcome,
    complete: isComplete(outcome, 1),
    found,
    path: outcome.path,
  };
  context.reporter.finished(report);
  return report;
}
