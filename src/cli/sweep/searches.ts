/** The two kinds of search that a sweep is made of. */
import {
  meterId,
  type AnyMachine,
  type Catalogue,
  type Selection,
} from '../../checker/catalogue.ts';
import { BrokenModelError } from '../../engine/broken-model.ts';
import { checkExhaustively, type ExhaustiveOptions } from '../../engine/exhaustive.ts';
import type { Control, Limits, Outcome, Statistics } from '../../engine/outcome.ts';
import type { BaseResult, ValueResult } from '../../report/sweep/schema.ts';
import type { Environment } from '../environment.ts';
import { threadsFor } from '../search.ts';
import type { Alternative, Candidate } from './plan.ts';

export interface SearchSettings {
  readonly environment: Environment;
  readonly limits: Limits;
  /** Absent: as many threads as pay. */
  readonly workers?: number;
  readonly onProgress: (statistics: Statistics) => void;
}

const controlFor = ({ environment, onProgress }: SearchSettings): Control => ({
  now: environment.now,
  interrupted: () => environment.stopSignal() !== undefined,
  onProgress,
});

function costsIn({ instruments }: Catalogue, { evidence }: Statistics): Record<string, number> {
  const meters = instruments?.meters ?? [];
  const appliedOf = (id: string) => evidence.find((e) => e.id === meterId(id))?.applied ?? 0;
  return Object.fromEntries(meters.map(({ id }) => [id, appliedOf(id)]));
}

type Extent = Pick<BaseResult, 'states' | 'transitions' | 'depth' | 'costs' | 'bound' | 'limit'>;

function extentOf({ environment, limits }: SearchSettings, outcome: Outcome): Extent {
  const { statistics } = outcome;
  const { states, transitions, depth } = statistics;
  const ended = outcome.kind === 'inconclusive' ? outcome.bound : null;
  // Walks are made at random alone.
  const bound = ended === 'samples' ? null : ended;
  const limit = bound === 'states' ? limits.states : bound === 'depth' ? limits.depth : undefined;
  const costs = costsIn(environment.catalogue, statistics);
  return { states, transitions, depth, costs, bound, limit: limit ?? null };
}

const violationIn = (outcome: Outcome) =>
  outcome.kind === 'violated' ? outcome.violations[0] : undefined;

const search = (
  settings: SearchSettings,
  machine: AnyMachine,
  options: ExhaustiveOptions,
): Promise<Outcome> =>
  checkExhaustively(machine, { limits: settings.limits, ...options }, controlFor(settings));

/**
 * The scenario under the rules as they are, in one thread, where it can be known which rules were
 * asked for. Without instruments all rules count as asked for.
 */
export async function searchBase(
  settings: SearchSettings,
  { scenario, preset }: Candidate,
): Promise<BaseResult> {
  const { catalogue } = settings.environment;
  const selection: Selection = { scenario: scenario.id, preset, rules: {} };
  const all = catalogue.rules.map(({ name }) => name);
  const { machine, consulted } = catalogue.instruments?.watch(selection) ?? {
    machine: catalogue.instantiate(selection),
    consulted: () => all,
  };
  const hint = scenario.counts === undefined ? {} : { expectedStates: scenario.counts.states };
  const outcome = await search(settings, machine, hint);
  return {
    scenario: scenario.id,
    preset,
    ...extentOf(settings, outcome),
    violates: violationIn(outcome)?.property ?? null,
    consulted: [...consulted()],
  };
}

const nothing = {
  states: 0,
  transitions: 0,
  depth: 0,
  costs: {},
  bound: null,
  limit: null,
  violation: null,
};

/** The scenario with one rule changed. An assumption that breaks there is a result. */
export async function searchValue(
  settings: SearchSettings,
  alternative: Alternative,
  { scenario, preset }: Candidate,
): Promise<ValueResult> {
  const { instruments, instantiate, source } = settings.environment.catalogue;
  const { rule, value } = alternative;
  const selection: Selection = { scenario: scenario.id, preset, rules: { [rule]: value } };
  const machine = instruments?.watch(selection).machine ?? instantiate(selection);
  const from = instruments === undefined ? source : instruments.source;
  const threads = threadsFor(from?.(selection), settings.workers);
  const head = { rule, value, scenario: scenario.id, preset };
  try {
    const outcome = await search(settings, machine, threads);
    const violation = violationIn(outcome);
    const found =
      violation === undefined
        ? null
        : {
            property: violation.property,
            steps: violation.trace.steps.length,
            loop: violation.loop ?? null,
            minimality: violation.minimality.kind,
            message: violation.finding.message,
          };
    return { ...head, ...extentOf(settings, outcome), violation: found, broken: null };
  } catch (error) {
    if (!(error instanceof BrokenModelError)) throw error;
    return { ...head, ...nothing, broken: error.message };
  }
}
