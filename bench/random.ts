/**
 * Compares ways to draw random walks: steps and CPU time until a planted bug shows.
 *
 *     node dist/bench/random.js --seeds 20 --steps 100000 link-syncs-too-late write-hits-invalid-sp
 *
 * `uniform` weighs all transitions alike. `swarm` is what `run` does: each walk leaves out and
 * weighs families of transitions. `guided` is a swarm whose walks mostly begin in a state that an
 * earlier walk was the first to reach, seldom used ones before others.
 *
 * A line per bug and way: of all seeds the median and the mean of steps until the bug showed (the
 * limit where it did not), the median of CPU time, and in how many it did not show.
 */
import { parseArgs } from 'node:util';
import type { MutantEntry } from '../src/checker/catalogue.ts';
import { catalogue } from '../src/checker/instance.ts';
import { compileMachine, type Program } from '../src/engine/program.ts';
import { Draw } from '../src/engine/random/draw.ts';
import { JudgedStates } from '../src/engine/random/judged-states.ts';
import { Swarm } from '../src/engine/random/swarm.ts';
import { hashWords } from '../src/engine/state/hash.ts';

const ways = ['uniform', 'swarm', 'guided'] as const;
type Way = (typeof ways)[number];

/** Random tries of the arguments of one transition, as in the engine. */
const TRIES = 6;
/** States kept to begin at, and the size of the set of those seen, by hash. */
const STARTS_MAX = 20_000;
const SEEN = 2 ** 22;
/** One guided walk in so many begins at the beginning. */
const FROM_THE_BEGINNING_ONE_IN = 4;

interface Start {
  readonly words: Int32Array;
  readonly depth: number;
  picks: number;
}

interface Effort {
  readonly steps: number;
  readonly cpu_ms: number;
  readonly found: boolean;
}

/** A source of seeds: the same numbers for the same seed. */
const sourceOf = (seed: number) => {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return {
    nextInt: (): number => {
      state = (state + 0x6d2b79f5) | 0;
      let word = Math.imul(state ^ (state >>> 15), state | 1);
      word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
      return (word ^ (word >>> 14)) | 0;
    },
  };
};

class Campaign {
  readonly #program: Program<unknown>;
  readonly #way: Way;
  readonly #steps_max: number;
  readonly #limit: number;
  readonly #draw = new Draw();
  readonly #swarm: Swarm;
  readonly #judged: JudgedStates;
  readonly #firstOf: number[] = [];
  readonly #countOf: number[] = [];
  readonly #seen = new Uint8Array(SEEN);
  readonly #starts: Start[] = [];
  #steps = 0;

  constructor({ id, scenario, preset = 'upstream' }: MutantEntry, way: Way, limit: number) {
    const machine = catalogue.instantiate({ scenario, preset, rules: {}, mutant: id });
    this.#program = compileMachine(machine);
    this.#way = way;
    this.#limit = limit;
    this.#steps_max = catalogue.scenarios.find((s) => s.id === scenario)?.maxSteps ?? 0;
    this.#swarm = new Swarm(machine.transitions.map(({ name }) => name));
    this.#judged = new JudgedStates(this.#program.words);
    for (const { id: instance, transition } of this.#program.instances) {
      this.#firstOf[transition] ??= instance;
      this.#countOf[transition] = (this.#countOf[transition] ?? 0) + 1;
    }
  }

  run(seed: number): Effort {
    const source = sourceOf(seed);
    const before = process.cpuUsage();
    let found = false;
    while (!found && this.#steps < this.#limit) {
      this.#draw.seedFrom(source);
      found = this.#walk();
    }
    const { user, system } = process.cpuUsage(before);
    return { steps: this.#steps, cpu_ms: (user + system) / 1000, found };
  }

  #walk(): boolean {
    this.#chooseTickets();
    let depth = this.#begin();
    const end = this.#way === 'guided' ? depth + (this.#steps_max >> 1) : this.#steps_max;
    for (; depth < Math.min(end, this.#steps_max) && this.#steps < this.#limit; depth++) {
      const id = this.#step();
      if (id < 0) return false;
      this.#steps++;
      if (this.#isBroken(id)) return true;
      if (this.#way === 'guided') this.#remember(depth + 1);
    }
    return false;
  }

  #chooseTickets(): void {
    const swarm = this.#swarm;
    if (this.#way !== 'uniform') return swarm.draw(this.#draw);
    swarm.ticketCount = this.#countOf.length;
    for (let k = 0; k < swarm.ticketCount; k++) swarm.tickets[k] = k;
  }

  /** Returns how deep the state is in which the walk begins. */
  #begin(): number {
    const draw = this.#draw;
    const starts = this.#starts;
    if (starts.length === 0 || draw.oneIn(FROM_THE_BEGINNING_ONE_IN)) {
      this.#program.initialise(0);
      return 0;
    }
    const one = starts[draw.below(starts.length)] as Start;
    const other = starts[draw.below(starts.length)] as Start;
    const start = one.picks <= other.picks ? one : other;
    start.picks++;
    this.#program.load(start.words);
    return start.depth;
  }

  #step(): number {
    const { tickets, ticketCount } = this.#swarm;
    for (let live = ticketCount; live > 0; live--) {
      const at = this.#draw.below(live);
      const transition = tickets[at] ?? 0;
      tickets[at] = tickets[live - 1] ?? 0;
      tickets[live - 1] = transition;
      const first = this.#firstOf[transition] ?? 0;
      const count = this.#countOf[transition] ?? 0;
      const id = this.#tryRange(first, count, Math.min(count, TRIES));
      if (id >= 0) return id;
    }
    return this.#tryRange(0, this.#program.instances.length, this.#program.instances.length);
  }

  /** So many instances of a range in order, from a random one on. */
  #tryRange(first: number, count: number, tries: number): number {
    const start = this.#draw.below(count);
    for (let k = 0; k < tries; k++) {
      const id = first + ((start + k) % count);
      if (this.#program.execute(id)) return id;
    }
    return -1;
  }

  #isBroken(id: number): boolean {
    const program = this.#program;
    if (program.judgeStep(id).length > 0) return true;
    if (this.#judged.has(program.currentWords)) return false;
    if (program.judgeState().length > 0) return true;
    this.#judged.remember(program.currentWords);
    return false;
  }

  #remember(depth: number): void {
    const slot = hashWords(this.#program.currentWords).low & (SEEN - 1);
    if (this.#seen[slot] === 1) return;
    this.#seen[slot] = 1;
    const start = { words: this.#program.save(), depth, picks: 0 };
    if (this.#starts.length < STARTS_MAX) this.#starts.push(start);
    else this.#starts[this.#draw.below(STARTS_MAX)] = start;
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((x, y) => x - y)[values.length >> 1] ?? 0;

function compare(mutant: MutantEntry, seeds: number, limit: number): void {
  for (const way of ways) {
    const efforts = Array.from({ length: seeds }, (_, seed) =>
      new Campaign(mutant, way, limit).run(seed),
    );
    const steps = efforts.map((effort) => effort.steps);
    const mean = steps.reduce((sum, n) => sum + n, 0) / seeds;
    const cpu = median(efforts.map(({ cpu_ms }) => cpu_ms));
    const missed = efforts.filter(({ found }) => !found).length;
    const figures = [median(steps), Math.round(mean), Math.round(cpu), missed];
    process.stdout.write(`| \`${mutant.id}\` | ${way} | ${figures.join(' | ')} |\n`);
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '20' },
    steps: { type: 'string', default: '100000' },
  },
});
process.stdout.write('| bug | way | median steps | mean steps | median CPU ms | missed |\n');
process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
for (const id of positionals) {
  const mutant = catalogue.mutants.find((candidate) => candidate.id === id);
  if (mutant === undefined) throw new RangeError(`there is no mutant ${id}`);
  compare(mutant, Number(values.seeds), Number(values.steps));
}
