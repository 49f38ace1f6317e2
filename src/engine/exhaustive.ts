/**
 * Exhaustive engine: level-synchronous breadth-first search.
 *
 * Levels are completed before a violation is reported, hence the first violation is a shortest
 * one, and which one is reported depends on the machine alone: the least by property, then by the
 * vector it was seen in. All counts of a search that ran to its end are the same in every run, for
 * any number of workers.
 */
import { rethrowWithTrace } from './broken-model.ts';
import { Checkpoints } from './checkpoint/checkpoints.ts';
import { CheckpointError } from './checkpoint/header.ts';
import { notAsked, searchForLoops, type ProgressResult } from './liveness/search.ts';
import { ModelAssumptionError, type Fields, type Machine } from './machine/index.ts';
import type { Bound, Control, Outcome, Statistics } from './outcome.ts';
import type { Team } from './parallel/team.ts';
import { teamFor } from './parallel/team-for.ts';
import { compileMachine, type Program } from './program.ts';
import { MemoryLimit } from './search/memory.ts';
import { Levels } from './search/levels.ts';
import { LoneSearch } from './search/lone-search.ts';
import {
  asksProgress,
  settingsOf,
  storeFor,
  type ExhaustiveOptions,
  type StateStore,
} from './search/options.ts';
import { outcomeOf, statisticsOf } from './search/results.ts';
import type { StoredSearch } from './search/trace.ts';
import { Verdicts } from './search/verdicts.ts';
import { Watch } from './search/watch.ts';
import { traceToFailure, type Failure } from './search/violations.ts';
import { compileSymmetry } from './symmetry.ts';

export type { MachineSource } from './parallel/source.ts';
export { asksProgress, type ExhaustiveOptions } from './search/options.ts';

const CHUNK_STATES = 256;

class ExhaustiveSearch<S, F extends Fields> {
  readonly #machine: Machine<S, F>;
  readonly #options: ExhaustiveOptions;
  readonly #watch: Watch;
  readonly #program: Program<S, F>;
  readonly #store: StateStore;
  readonly #levels = new Levels();
  readonly #lone: LoneSearch<S, F>;
  readonly #stored: StoredSearch<S, F>;
  readonly #memory: MemoryLimit;
  readonly #taken: Float64Array;
  readonly #verdicts: Verdicts;
  readonly #checkpoints: Checkpoints<S, F>;
  #team: Team | null = null;
  /** The threads have taken over. */
  #handedOver = false;
  #expandedAlone = 0;

  constructor(machine: Machine<S, F>, options: ExhaustiveOptions, control: Control) {
    this.#machine = machine;
    this.#options = options;
    const { checked = false, backend = 'generated', limits = {}, workers } = options;
    const { symmetry, storage } = settingsOf(machine, options);
    this.#watch = new Watch(control, limits.time_ms, () => this.#statistics());
    const program = compileMachine(machine, { checked, backend });
    const { layout, words, currentWords, beforeWords } = program;
    this.#program = program;
    this.#memory = new MemoryLimit({ limit_bytes: limits.memory_bytes, workers });
    this.#store = storeFor(words, storage, this.#memory, options);
    const canonicaliser = symmetry ? compileSymmetry(layout.shape, machine.symmetry) : null;
    this.#taken = new Float64Array(machine.transitions.length);
    this.#verdicts = new Verdicts(options.maxErrors ?? 1);
    const { sightings } = this.#verdicts;
    this.#lone = new LoneSearch(program, this.#store, {
      canonicaliser,
      taken: this.#taken,
      statesMax: limits.states ?? Number.MAX_SAFE_INTEGER,
      onState: (list) => sightings.note(currentWords, null, list),
      onStep: (instance, list) => sightings.note(beforeWords, instance, list),
    });
    this.#stored = { program, store: this.#store, levels: this.#levels, canonicaliser };
    const { at } = this.#watch;
    this.#checkpoints = new Checkpoints(options.checkpoint, this.#stored, this.#verdicts, at);
  }

  async run(): Promise<Outcome> {
    try {
      const bound = await this.#search();
      const { violations: loops, evidence, bound: late } = await this.#askProgress(bound);
      const all = [...this.#verdicts.violations, ...loops].slice(0, this.#options.maxErrors ?? 1);
      return outcomeOf(bound ?? late, all, this.#statistics(evidence));
    } catch (error) {
      if (!(error instanceof ModelAssumptionError)) throw error;
      return this.#fail(error, this.#lone.failure());
    } finally {
      await this.#team?.end();
      this.#store.close();
    }
  }

  async #askProgress(bound: Bound | null): Promise<ProgressResult> {
    const wanted = asksProgress(this.#machine, this.#options) && !this.#verdicts.enough;
    if (!wanted) return notAsked;
    const { bytes } = this.#store;
    const room_bytes = this.#memory.room(bytes) - bytes;
    const found = await searchForLoops(this.#stored, { watch: this.#watch, room_bytes }, bound);
    if (bound !== null || found.bound === null) return found;
    const last = this.#levels.ranges.at(-1) ?? [0, 0];
    this.#stopAt(found.bound, last[1] ?? 0);
    return found;
  }

  #fail(error: unknown, failure: Failure): never {
    const level = this.#levels.counts.length - 1;
    rethrowWithTrace(error, traceToFailure(this.#stored, failure, level));
  }

  async #search(): Promise<Bound | null> {
    const { resumeFrom, limits } = this.#options;
    const resumed = resumeFrom === undefined ? null : this.#resume(resumeFrom);
    let ranges = resumed ?? this.#initialStates();
    for (let isNew = resumed === null; ; isNew = true) {
      if (isNew) {
        const level = this.#report(ranges);
        const { bound } = this.#lone;
        if (bound !== null || this.#verdicts.enough) return bound;
        if (ranges.length === 0) return null;
        if (level === limits?.depth) return 'depth';
      }
      const levelEnd = this.#levels.ranges.at(-1)?.[1] ?? 0;
      if (this.#store.kind === 'fingerprint') this.#store.fingerprints.beginLevel();
      await this.#mayCallTeam(levelEnd);
      const stopped = this.#handedOver
        ? await this.#expandTogether(ranges)
        : await this.#expandAlone(ranges[0] ?? 0, levelEnd);
      ranges = this.#takeLevel(levelEnd);
      if (stopped !== null) {
        this.#report(ranges);
        return stopped;
      }
    }
  }

  /** Enters the level of the states `ranges`, and reports what was seen. Returns its number. */
  #report(ranges: readonly number[]): number {
    this.#levels.add(ranges);
    const level = this.#levels.counts.length - (ranges.length === 0 ? 0 : 1);
    this.#verdicts.report(this.#stored, level);
    return level;
  }

  #initialStates(): readonly number[] {
    this.#machine.initial.forEach((_, index) => {
      this.#program.initialise(index);
      this.#lone.add();
    });
    return this.#lone.states > 0 ? [0, this.#lone.states] : [];
  }

  /** Returns what is left of the level that was being expanded. */
  #resume(file: string): readonly number[] {
    const saved = this.#checkpoints.restore(file);
    const end = saved.levels.reduce((sum, count) => sum + count, 0);
    if (!this.#lone.resume(end + saved.found)) {
      throw new CheckpointError('the states do not fit into memory');
    }
    this.#checkpoints.restoreSightings(saved);
    this.#taken.set(saved.taken);
    this.#watch.addEarlier(saved.elapsed_ms);
    const next = end - (saved.levels.at(-1) ?? 0) + saved.expanded;
    this.#expandedAlone = next;
    return [next, end];
  }

  /** Saves the search; one thread has come to the state `next`. */
  #save(next: number): void {
    const progress = this.#team !== null && this.#handedOver ? this.#team.progress() : null;
    const end = this.#levels.ranges.at(-1)?.[1] ?? 0;
    const found = [end, this.#lone.states];
    const alone = { done: this.#levels.before(next), left: [next, end], found };
    const { coverage, elapsed_ms } = this.#statistics();
    const counters = { taken: coverage.map(({ taken }) => taken), elapsed_ms };
    this.#checkpoints.save(progress ?? alone, counters, () => this.#watch.now());
  }

  /** The states found on the level after the one that ends before the state `end`. */
  #takeLevel(end: number): readonly number[] {
    if (this.#handedOver) return this.#team?.takeLevel() ?? [];
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
        const bound = await this.#watch.pause();
        if (bound !== null) return this.#stopAt(bound, next);
      }
      if (lone.bound !== null) return lone.bound;
      next = lone.expand(next, Math.min(next + CHUNK_STATES, end));
      this.#expandedAlone = next;
      if (lone.bound !== null) return lone.bound;
      const bound = await this.#watch.pause();
      if (bound !== null) return this.#stopAt(bound, next);
      if (this.#checkpoints.isDue(this.#watch.at)) this.#save(next);
      if (this.#watch.lasted_ms >= (this.#options.parallelAfter_ms ?? 0)) this.#callTeam();
    }
    return null;
  }

  /** Starts the threads once the search has lasted; without a minimum, waits for them. */
  async #mayCallTeam(fresh: number): Promise<void> {
    if ((this.#options.parallelAfter_ms ?? 0) > 0 || this.#team !== null) return;
    this.#callTeam();
    if (this.#team === null) return;
    await (this.#team as Team).ready;
    this.#handOver(fresh);
  }

  #callTeam(): void {
    const { workers = 1, mayCallThreads } = this.#options;
    if (workers === 1 || this.#team !== null || mayCallThreads?.() === false) return;
    const how = settingsOf(this.#machine, this.#options);
    this.#team = teamFor(this.#program, this.#store, { ...this.#options, ...how });
  }

  #handOver(fresh: number): void {
    this.#team?.adopt(this.#lone.states, fresh);
    this.#handedOver = true;
  }

  async #expandTogether(ranges: readonly number[]): Promise<Bound | null> {
    const team = this.#team;
    if (team === null) throw new RangeError('there is no team');
    const into = { sightings: this.#verdicts.sightings, judge: this.#program.judge };
    const [next = 0] = ranges;
    team.beginLevel(this.#levels.before(next), ranges);
    for (;;) {
      const phase = team.expand(into);
      let bound: Bound | null = null;
      await this.#watch.until(phase, (seen) => {
        bound ??= seen;
        if (bound !== null || this.#checkpoints.isDue(this.#watch.at)) team.stop();
      });
      const end = await phase;
      if (typeof end === 'object') {
        const { broken, error, where } = end;
        this.#fail(broken === null ? error : new ModelAssumptionError(broken), where);
      }
      if (end === 'level') return null;
      if (end === 'memory') return 'memory';
      if (bound !== null) return this.#stopAt(bound, next);
      if (this.#checkpoints.isDue(this.#watch.at)) this.#save(next);
      if (team.states >= (this.#options.limits?.states ?? Infinity)) return 'states';
    }
  }

  /** Saves the search before it ends at a bound that only a clock or a user knows. */
  #stopAt(bound: Bound, next: number): Bound {
    if (this.#checkpoints.wanted) this.#save(next);
    return bound;
  }

  #statistics(progress: Statistics['evidence'] = []): Statistics {
    const threads = 1 + (this.#team === null ? 0 : (this.#options.workers ?? 1));
    return statisticsOf({
      machine: this.#machine,
      states: this.#handedOver ? (this.#team?.states ?? 0) : this.#lone.states,
      expanded: this.#expandedAlone + (this.#team?.expanded ?? 0),
      taken: Array.from(this.#taken, (n, k) => n + (this.#team?.takenOf(k) ?? 0)),
      levels: this.#levels.counts,
      elapsed_ms: this.#watch.elapsed_ms(),
      memory_bytes: this.#store.bytes + threads * this.#lone.bytes,
      exact: this.#store.kind === 'exact',
      evidence: [...this.#program.evidence(), ...progress],
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
