/** Searching a scenario from a program. */
import type { PresetName, Rules } from '../../model/index.ts';
import type { Granularity } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { isPath, seedMax } from '../cli/values.ts';
import { commandLine } from '../cli/commands/command.ts';
import {
  searchAtRandom,
  searchExhaustively,
  type SearchContext,
  type Searched,
} from '../cli/search.ts';
import type { SearchedViolation } from '../cli/found.ts';
import { scenarioNamed, selectionArguments, selectionFor } from '../cli/selection.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import type { Finding } from '../engine/machine/index.ts';
import type { Bound, Limits, Minimality, Statistics } from '../engine/outcome.ts';
import { foldSeed } from '../engine/random/seed.ts';
import { WALK_STEPS_MAX } from '../engine/random.ts';
import { silentReporter } from '../report/reporter.ts';
import {
  vacuousIn,
  verdictOf,
  type ReportedStep,
  type SearchReport,
} from '../report/search-report.ts';
import { plainStyle } from '../report/style.ts';
import { textReporter } from '../report/text.ts';
import { quietEnvironment } from './environment.ts';
import { catalogueWith, type OwnProperty } from './own-properties.ts';

/** What is searched, beside the scenario. Absent: as the scenario says. */
export interface WhatToCheck {
  /** Rules of a kernel version. */
  readonly preset?: PresetName;
  /** Plants a known bug. */
  readonly mutant?: string;
  /** Changes decisions of KVM; see `explain` for each. */
  readonly rules?: Partial<Rules>;
  /** Ids of properties to ask; the own ones count. Absent: all that apply, and the own ones. */
  readonly properties?: readonly string[];
  /** Asked beside the properties of the model. */
  readonly ownProperties?: readonly OwnProperty[];
  /** Where actors interleave. */
  readonly granularity?: Granularity;
  /** Stops the search when aborted; the result is then inconclusive. */
  readonly signal?: AbortSignal;
}

export interface CheckOptions extends WhatToCheck {
  /** Absent: the whole scenario. */
  readonly limits?: Limits;
  /**
   * Take states for one that differ in interchangeable names. Own properties must then not tell
   * such states apart, hence the default is `true` without own properties and `false` with them.
   */
  readonly symmetry?: boolean;
  /**
   * Ask the scenario's questions about runs without end. The search then takes
   * whole states, without symmetry. Default: `true`.
   */
  readonly liveness?: boolean;
  /** Whole states, or 64 bits of each with a small risk of omission. Default: `exact`. */
  readonly storage?: 'exact' | 'fingerprint';
  /** Properties to see violated before the search ends. Default: 1. */
  readonly maxErrors?: number;
  /** Threads; the result is the same for any number. Default: 1. */
  readonly workers?: number;
}

export interface ExploreOptions extends WhatToCheck {
  /** 64 bits; the same seed takes the same walks. */
  readonly seed: bigint;
  /** Path within the seed, as an earlier result gave it: repeats its violation. */
  readonly path?: string;
  /** Walks to take. Default: 10000; 1 with a path. */
  readonly samples?: number;
  /** Steps of a walk, at most 10000. Default: the scenario's. */
  readonly steps?: number;
  /** Default: off. */
  readonly time_ms?: number;
}

/** A property that does not hold, and the run that shows it. */
export interface ViolationFound {
  readonly property: string;
  /** What is wrong, and which objects are concerned. */
  readonly finding: Finding;
  /** How short the run is known to be. */
  readonly minimality: Minimality['kind'];
  readonly steps: readonly ReportedStep[];
  /** What `saveCounterexample` writes and `replayCounterexample` takes. */
  readonly counterexample: Counterexample;
}

export interface SearchResult {
  readonly scenario: string;
  /** `held`: in every state within the bounds of the scenario, or on every walk that was taken. */
  readonly verdict: 'held' | 'violated' | 'inconclusive';
  /** What ended the search before its end. */
  readonly bound?: Bound;
  readonly statistics: Statistics;
  /** In the order in which they were found. */
  readonly violations: readonly ViolationFound[];
  /** Properties that had no case, or whose witness was not reached: they hold for nothing. */
  readonly vacuous: readonly string[];
  /** The command that repeats the search. Own properties are unknown to it. */
  readonly repeat: string;
  /** All of it for people, as the command line prints it. */
  readonly text: string;
}

export interface ExploreResult extends SearchResult {
  /** With the seed, repeats the violation. */
  readonly path: string;
}

/** Errors: fault 102. */
function whole(name: string, value: number | undefined, min: number, max = Infinity): void {
  if (value === undefined || value === Infinity) return;
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new Fault('KMC-102', `${name} ${value}: must be a whole number from ${min}`);
}

/** Errors: fault 102. */
function checkNumbers({ limits = {}, maxErrors, workers }: CheckOptions): void {
  whole('maxErrors', maxErrors, 1);
  whole('workers', workers, 1, 1024);
  whole('limits.states', limits.states, 1);
  whole('limits.depth', limits.depth, 0);
  for (const name of ['time_ms', 'memory_bytes'] as const) {
    const value = limits[name];
    if (value === undefined || value > 0) continue;
    throw new Fault('KMC-102', `limits.${name} ${value}: must be above zero`);
  }
}

/** Errors: fault 102. */
function checkWalk({ seed, path }: ExploreOptions): void {
  if (typeof seed !== 'bigint' || seed < 0n || seed > seedMax) {
    throw new Fault('KMC-102', `seed ${seed}: must be a bigint of 64 bits`, [
      'for example: 0x5eedn',
    ]);
  }
  if (path === undefined || isPath(path)) return;
  throw new Fault('KMC-102', `path ${path}: must be numbers with colons between them`);
}

/** The same checks of names as on the command line. Errors: faults 101 and 103. */
function targetFor(scenarioId: string, what: WhatToCheck) {
  const { ownProperties = [], preset, mutant, properties, granularity, signal } = what;
  const catalogue = catalogueWith(ownProperties);
  const scenario = scenarioNamed(catalogue, scenarioId);
  const selection = selectionFor(catalogue, scenario, {
    preset,
    mutant,
    properties: properties === undefined ? undefined : [...properties],
    match: undefined,
    granularity,
    rule: Object.entries(what.rules ?? {}).map(([name, value]) => `${name}=${value}`),
  });
  const environment = quietEnvironment(catalogue, signal);
  const context: SearchContext = {
    environment,
    reporter: silentReporter,
    progress: { say: () => {}, show: () => {}, clear: () => {} },
    taken: new Set(),
  };
  return { scenario, selection, context, words: selectionArguments(scenario, selection) };
}

/** Limits as flags. */
function limitWords({ states, depth, time_ms, memory_bytes }: Limits, maxErrors = 1): string[] {
  const flag = (name: string, value: number | undefined, unit = '') =>
    value === undefined || value === Infinity ? [] : [name, `${value}${unit}`];
  return [
    ...flag('--max-states', states),
    ...flag('--max-depth', depth),
    ...flag('--timeout', time_ms, 'ms'),
    ...flag('--max-memory', memory_bytes),
    ...(maxErrors === Infinity
      ? ['--continue']
      : flag('--max-errors', maxErrors > 1 ? maxErrors : undefined)),
  ];
}

function textOf(report: SearchReport): string {
  const lines: string[] = [];
  const options = { style: plainStyle, verbosity: 2, coverage: false };
  const reporter = textReporter((line) => lines.push(line), options);
  reporter.started(report);
  reporter.finished(report);
  return `${lines.join('\n').trimEnd()}\n`;
}

const violationFound = (found: SearchedViolation): ViolationFound => ({
  property: found.violation.property,
  finding: found.violation.finding,
  minimality: found.violation.minimality.kind,
  steps: found.steps,
  counterexample: found.counterexample,
});

function resultOf(report: Searched): SearchResult {
  const { outcome } = report;
  const { kind } = verdictOf(report);
  return {
    scenario: report.scenario.id,
    verdict: kind === 'known' ? 'violated' : kind,
    ...(outcome.kind === 'held' || outcome.bound === undefined ? {} : { bound: outcome.bound }),
    statistics: outcome.statistics,
    violations: report.found.map(violationFound),
    vacuous: vacuousIn([report]),
    repeat: report.repeat,
    text: textOf(report),
  };
}

/**
 * Searches a scenario exhaustively within its bounds, as `check` does.
 *
 * Errors: `Fault` for an unknown name, an impossible combination or a number out of range.
 */
export async function checkScenario(
  scenario: string,
  options: CheckOptions = {},
): Promise<SearchResult> {
  checkNumbers(options);
  const target = targetFor(scenario, options);
  const own = (options.ownProperties ?? []).length > 0;
  const { limits = {}, symmetry = !own, storage = 'exact', maxErrors = 1, workers = 1 } = options;
  const { liveness = true } = options;
  if (own && workers > 1) {
    throw new Fault('KMC-103', 'own properties are functions, which one thread alone can ask', [
      'Leave out workers, or ownProperties.',
    ]);
  }
  const words = [...target.words, ...limitWords(limits, maxErrors)];
  if (storage !== 'exact') words.push('--storage', storage);
  if (!symmetry) words.push('--no-symmetry');
  if (!liveness) words.push('--no-liveness');
  const repeat = commandLine('check', scenario, ...words);
  const { selection, context } = target;
  const search = { scenario: target.scenario, selection, limits, repeat };
  const settings = { liveness, symmetry, storage, maxErrors, workers };
  return resultOf(await searchExhaustively(context, search, settings));
}

/**
 * Takes random walks through a scenario, as `run` does; shrinks and minimises what is found.
 *
 * Errors: `Fault` for an unknown name, an impossible combination or a number out of range.
 */
export async function exploreScenario(
  scenario: string,
  options: ExploreOptions,
): Promise<ExploreResult> {
  const { path, samples = path === undefined ? 10_000 : 1, time_ms } = options;
  const target = targetFor(scenario, options);
  const { steps = target.scenario.maxSteps ?? 200 } = options;
  whole('samples', samples, 1);
  whole('steps', steps, 1, WALK_STEPS_MAX);
  checkNumbers(time_ms === undefined ? {} : { limits: { time_ms } });
  checkWalk(options);
  const seed = foldSeed(options.seed);
  const shown = `0x${seed.toString(16)}`;
  const bounds = ['--max-samples', `${samples}`, '--max-steps', `${steps}`];
  const words = [...target.words, ...bounds, ...limitWords({ ...(time_ms && { time_ms }) })];
  const repeat = commandLine('run', scenario, ...words, '--seed', shown);
  const { selection, context } = target;
  const limits = time_ms === undefined ? {} : { time_ms };
  const search = { scenario: target.scenario, selection, limits, repeat };
  const report = await searchAtRandom(context, search, {
    seed,
    ...(path === undefined ? {} : { path }),
    maxSamples: samples,
    maxSteps: steps,
  });
  return { ...resultOf(report), path: report.path ?? '' };
}
