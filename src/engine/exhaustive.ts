/**
 * Exhaustive engine: level-synchronous breadth-first search.
 *
 * Levels are completed before a violation is reported, hence the first violation is a shortest
 * one, and which one is reported depends on the machine alone: the least by property, then by the
 * vector it was seen in. All counts of a search that ran to its end are the same in every run, for
 * any number of workers.
 */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { rethrowWithTrace } from './broken-model.ts';
import { ModelAssumptionError, type Fields, type Machine } from './machine/index.ts';
import type { Bound, Control, Outcome, Statistics, Violation } from './outcome.ts';
import { Team } from './parallel/team.ts';
import { compileMachine, type Program } from './program.ts';
import { Levels } from './search/levels.ts';
import { LoneSearch } from './search/lone-search.ts';
import type { ExhaustiveOptions } from './search/options.ts';
import { outcomeOf, statisticsOf } from './search/results.ts';
import { Sightings } from './search/sightings.ts';
import { StateStore } from './search/store.ts';
import type { StoredSearch } from './search/trace.ts';
import { traceToFailure, violationOf, type Failure } from './search/violations.ts';
import { compileSymmetry } from './symmetry.ts';

export type { MachineSource } from './parallel/source.ts';
export type { ExhaustiveOptions } from './search/options.ts';

/** States expanded between looks at the clock. */
const CHUNK_STATES = 256;
/** Longest stretch without yielding to the event loop, give or take one chunk. */
const SLICE_MS = 40;
const PROGRESS_MS = 500;

/** What a thread needs beside the store. */
const THREAD_BYTES = 32 * 2 ** 20;

/** Bytes left for the store, when the whole process shall stay within a limit. */
const roomWithin = (memory_bytes = Number.MAX_SAFE_INTEGER, workers = 1): number =>
  memory_bytes - process.memoryUsage.rss() - (workers === 1 ? 0 : workers * THREAD_BYTES);

class ExhaustiveSearch<S, F extends Fields> {
  readonly #machine: Machine<S, F>;
  readonly #options: ExhaustiveOptions;
  readonly #control: Control;
  readonly #program: Program<S, F>;
  readonly #store: StateStore;
  readonly #levels = new Levels();
  readonly #lone: LoneSearch<S, F>;
  readonly #stored: StoredSearch<S, F>;
  readonly #roots = new Map<number, number>();
  readonly #taken: Float64Array;
  readonly #sightings = new Sightings();
  readonly #violations: Violation[] = [];
  readonly #started: number;
  #team: Team | null = null;
  /** The threads have taken over. */
  #handedOver = false;
  #expandedAlone = 0;
  #lastProgress: number;
  #lastYield: number;

  constructor(machine: Machine<S, F>, options: ExhaustiveOptions, control: Control) {
    this.#machine = machine;
    this.#options = options;
    this.#control = control;
    const { checked = false, backend = 'generated', symmetry = true, limits = {} } = options;
    const program = compileMachine(machine, { checked, backend });
    const { layout, words, currentWords, beforeWords } = program;
    this.#program = program;
    this.#store = new StateStore({
      words,
      storage: options.storage ?? 'exact',
      memoryMax: roomWithin(limits.memory_bytes, options.workers),
      shareable: (options.workers ?? 1) > 1,
    });
    const canonicaliser = symmetry ? compileSymmetry(layout.shape, machine.symmetry) : null;
    this.#taken = new Float64Array(machine.transitions.length);
    this.#lone = new LoneSearch(program, this.#store, {
      canonicaliser,
      taken: this.#taken,
      statesMax: limits.states ?? Number.MAX_SAFE_INTEGER,
      onState: (state, list) => this.#sightings.note(state, currentWords, null, list),
      onStep: (state, instance, list) => this.#sightings.note(state, beforeWords, instance, list),
    });
    this.#stored = {
      program,
      store: this.#store,
      levels: this.#levels,
      canonicaliser,
      roots: this.#roots,
    };
    this.#started = control.now();
    this.#lastProgress = this.#started;
    this.#lastYield = this.#started;
  }

  async run(): Promise<Outcome> {
    try {
      const bound = await this.#search();
      return outcomeOf(bound, this.#violations, this.#statistics());
    } catch (error) {
      if (!(error instanceof ModelAssumptionError)) throw error;
      const { judging, parent } = this.#lone;
      return this.#fail(error, { judging, parent });
    } finally {
      await this.#team?.end();
    }
  }

  #fail(error: unknown, { judging, parent }: Pick<Failure, 'judging' | 'parent'>): never {
    const level = this.#levels.counts.length - 1;
    rethrowWithTrace(error, traceToFailure(this.#stored, { judging, parent, level }));
  }

  async #search(): Promise<Bound | null> {
    this.#machine.initial.forEach((_, index) => {
      this.#program.initialise(index);
      const id = this.#lone.states;
      if (this.#lone.add()) this.#roots.set(id, index);
    });
    let ranges: readonly number[] = this.#lone.states > 0 ? [0, this.#lone.states] : [];
    for (let level = 0; ; level++) {
      this.#levels.add(ranges);
      const { bound } = this.#lone;
      this.#report(level);
      if (bound !== null || this.#enough()) return bound;
      if (ranges.length === 0) return null;
      if (level === this.#options.limits?.depth) return 'depth';
      await this.#mayCallTeam();
      const stopped = this.#handedOver
        ? await this.#expandTogether(ranges)
        : await this.#expandAlone(ranges[0] ?? 0, ranges[1] ?? 0);
      ranges = this.#takeLevel(ranges);
      if (stopped !== null) {
        this.#levels.add(ranges);
        this.#report(level + 1);
        return stopped;
      }
    }
  }

  /** The states found while `ranges` was expanded. */
  #takeLevel(ranges: readonly number[]): readonly number[] {
    if (this.#handedOver) return this.#team?.takeLevel() ?? [];
    const end = ranges[1] ?? 0;
    this.#store.forgetVectorsBelow(end);
    return this.#lone.states > end ? [end, this.#lone.states] : [];
  }

  async #expandAlone(start: number, end: number): Promise<Bound | null> {
    const lone = this.#lone;
    lone.beginLevel(end);
    for (let next = start; next < end;) {
      if (this.#team?.isReady === true) {
        this.#handOver(end);
        return this.#expandTogether([next, end]);
      }
      while (lone.needsRoom(CHUNK_STATES) && lone.bound === null) {
        lone.growStep();
        const bound = await this.#pause();
        if (bound !== null) return bound;
      }
      if (lone.bound !== null) return lone.bound;
      next = lone.expand(next, Math.min(next + CHUNK_STATES, end));
      this.#expandedAlone = next;
      const bound = lone.bound ?? (await this.#pause());
      if (bound !== null) return bound;
    }
    return null;
  }

  /** Starts the threads once the search has lasted; without a minimum, waits for them. */
  async #mayCallTeam(): Promise<void> {
    if ((this.#options.parallelAfter_ms ?? 0) > 0 || this.#team !== null) return;
    this.#callTeam();
    if (this.#team === null) return;
    await (this.#team as Team).ready;
    this.#handOver(this.#lone.states);
  }

  #callTeam(): void {
    const { workers = 1, source, limits } = this.#options;
    if (workers === 1 || this.#team !== null) return;
    if (source === undefined)
      throw new RangeError('several workers need the source of the machine');
    const { storage = 'exact', symmetry = true } = this.#options;
    const { checked = false, backend = 'generated' } = this.#options;
    this.#team = new Team(this.#store, {
      threads: workers,
      instances: this.#program.instances.length,
      transitions: this.#machine.transitions.length,
      statesMax: limits?.states ?? Number.MAX_SAFE_INTEGER,
      setup: { source, storage, symmetry, checked, backend },
    });
  }

  #handOver(fresh: number): void {
    this.#team?.adopt(this.#lone.states, fresh);
    this.#handedOver = true;
  }

  async #expandTogether(ranges: readonly number[]): Promise<Bound | null> {
    const team = this.#team;
    if (team === null) throw new RangeError('there is no team');
    const into = { sightings: this.#sightings, judge: this.#program.judge };
    team.beginLevel();
    for (;;) {
      const phase = team.expand(ranges, into);
      const bound = await this.#watch(team, phase);
      const end = await phase;
      if (typeof end === 'object') {
        const { broken, error } = end;
        this.#fail(broken === null ? error : new ModelAssumptionError(broken), end);
      }
      if (end === 'level') return null;
      if (end === 'memory') return 'memory';
      if (bound !== null) return bound;
      if (team.states >= (this.#options.limits?.states ?? Infinity)) return 'states';
    }
  }

  /** Until the phase ends: reports progress, and ends it at a bound. */
  async #watch(team: Team, phase: Promise<unknown>): Promise<Bound | null> {
    const done = phase.then(
      () => true,
      () => true,
    );
    let bound: Bound | null = null;
    while (!(await Promise.race([done, delay(SLICE_MS, false)]))) {
      bound ??= this.#look();
      if (bound !== null) team.stop();
    }
    return bound;
  }

  /** Between chunks: yields, and looks at what only a clock or a user knows. */
  async #pause(): Promise<Bound | null> {
    const now = this.#control.now();
    if (now - this.#lastYield < SLICE_MS) return null;
    await nextTurn();
    return this.#look();
  }

  #look(): Bound | null {
    this.#lastYield = this.#control.now();
    if (this.#lastYield - this.#lastProgress >= PROGRESS_MS) {
      this.#lastProgress = this.#lastYield;
      this.#control.onProgress?.(this.#statistics());
    }
    if (this.#control.interrupted?.() === true) return 'interrupted';
    const elapsed_ms = this.#lastYield - this.#started;
    if (elapsed_ms >= (this.#options.parallelAfter_ms ?? 0)) this.#callTeam();
    const { time_ms } = this.#options.limits ?? {};
    return time_ms !== undefined && elapsed_ms >= time_ms ? 'time' : null;
  }

  #enough(): boolean {
    return this.#violations.length >= (this.#options.maxErrors ?? 1);
  }

  /** Turns sightings into violations: states of `level`, steps from the one before. */
  #report(level: number): void {
    const known = new Set(this.#violations.map(({ property }) => property));
    for (const sighting of this.#sightings.take()) {
      if (this.#enough()) return;
      if (known.has(sighting.judgement.id)) continue;
      const at = sighting.instance === null ? level : level - 1;
      this.#violations.push(violationOf(this.#stored, sighting, at));
    }
  }

  #statistics(): Statistics {
    const threads = 1 + (this.#team === null ? 0 : (this.#options.workers ?? 1));
    return statisticsOf({
      machine: this.#machine,
      states: this.#handedOver ? (this.#team?.states ?? 0) : this.#lone.states,
      expanded: this.#expandedAlone + (this.#team?.expanded ?? 0),
      taken: Array.from(this.#taken, (n, k) => n + (this.#team?.takenOf(k) ?? 0)),
      levels: this.#levels.counts,
      elapsed_ms: this.#control.now() - this.#started,
      memory_bytes: this.#store.bytes + threads * this.#lone.bytes,
      exact: this.#store.exact,
      evidence: this.#program.evidence(),
    });
  }
}

/**
 * Searches all reachable states within the limits.
 * Order: violations by level, then by property.
 * Errors: `BrokenModelError` when the model itself is wrong, with the trace.
 */
export async function checkExhaustively<S, F extends Fields = Fields>(
  machine: Machine<S, F>,
  options: ExhaustiveOptions,
  control: Control,
): Promise<Outcome> {
  return new ExhaustiveSearch(machine, options, control).run();
}
