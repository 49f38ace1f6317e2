/**
 * Compares ways to draw random walks: steps and CPU time until a planted bug shows.
 *
 *     node dist/bench/random.js --seeds 20 --steps 100000 link-syncs-too-late write-hits-invalid-sp
 *
 * `uniform` weighs all transitions alike. `swarm` is what `run` does: each walk leaves out and
 * weighs families of transitions. `guided` is what `run --guided` does: a swarm whose walks mostly
 * begin in a state that an earlier walk was the first to reach.
 *
 * A line per bug and way: of all seeds the median and the mean of steps until the bug showed (the
 * limit where it did not), the median of CPU time, and in how many it did not show.
 */
import { parseArgs } from 'node:util';
import type { MutantEntry } from '../src/checker/catalogue.ts';
import { catalogue } from '../src/checker/instance.ts';
import { compileMachine, type Program } from '../src/engine/program.ts';
import { Draw } from '../src/engine/random/draw.ts';
import { Guide } from '../src/engine/random/guide.ts';
import { JudgedStates } from '../src/engine/random/judged-states.ts';
import { Swarm } from '../src/engine/random/swarm.ts';

const ways = ['uniform', 'swarm', 'guided'] as const;
type Way = (typeof ways)[number];

/** Random tries of the arguments of one transition, as in the engine. */
const TRIES = 6;
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
  readonly #guide: Guide | null;
  #steps = 0;

  constructor({ id, scenario, preset = 'upstream' }: MutantEntry, way: Way, limit: number) {
    const machine = catalogue.instantiate({ scenario, preset, rules: {}, mutant: id });
    this.#program = compileMachine(machine);
    this.#way = way;
    this.#guide = way === 'guided' ? new Guide() : null;
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
    const steps = this.#begin();
    const more = this.#guide === null ? this.#steps_max : Math.ceil(this.#steps_max / 2);
    const end = Math.min(this.#steps_max, steps.length + more);
    while (steps.length < end && this.#steps < this.#limit) {
      const id = this.#step();
      if (id < 0) return false;
      this.#steps++;
      steps.push(id);
      if (this.#isBroken(id)) return true;
      this.#guide?.reached(this.#program.currentWords, { initial: 0, steps }, this.#draw);
    }
    return false;
  }

  #chooseTickets(): void {
    const swarm = this.#swarm;
    if (this.#way !== 'uniform') return swarm.draw(this.#draw);
    swarm.ticketCount = this.#countOf.length;
    for (let k = 0; k < swarm.ticketCount; k++) swarm.tickets[k] = k;
  }

  /** Returns the steps to the state in which the walk begins. */
  #begin(): number[] {
    const start = this.#guide?.begin(this.#draw) ?? null;
    if (start === null) this.#program.initialise(0);
    else this.#program.load(start.words);
    return [...(start?.steps ?? [])];
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
