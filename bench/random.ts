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
import { compileMachine } from '../src/engine/program.ts';
import { Guide } from '../src/engine/random/guide.ts';
import { Swarm } from '../src/engine/random/swarm.ts';
import { Walker } from '../src/engine/random/walker.ts';

const ways = ['uniform', 'swarm', 'guided'] as const;
type Way = (typeof ways)[number];

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

/** Every transition alike. */
class Uniform extends Swarm {
  override draw(): void {
    this.weights.fill(1);
  }
}

/** Walks until the bug shows or `limit` steps are made. */
function effortOf(
  { id, scenario, preset = 'upstream' }: MutantEntry,
  way: Way,
  seed: number,
  limit: number,
): Effort {
  const machine = catalogue.instantiate({ scenario, preset, rules: {}, mutant: id });
  const names = machine.transitions.map(({ name }) => name);
  const steps_max = catalogue.scenarios.find((s) => s.id === scenario)?.maxSteps ?? 0;
  const guide = way === 'guided' ? new Guide() : null;
  const swarm = way === 'uniform' ? new Uniform(names) : new Swarm(names);
  const walker = new Walker(compileMachine(machine), steps_max, guide, swarm);
  const source = sourceOf(seed);
  const before = process.cpuUsage();
  let steps = 0;
  let found = false;
  while (!found && steps < limit) {
    found = walker.walk(source).verdict !== null;
    steps = walker.taken.reduce((sum, n) => sum + n, 0);
  }
  const { user, system } = process.cpuUsage(before);
  return { steps: Math.min(steps, limit), cpu_ms: (user + system) / 1000, found };
}

const median = (values: readonly number[]): number =>
  [...values].sort((x, y) => x - y)[values.length >> 1] ?? 0;

function compare(mutant: MutantEntry, seeds: number, limit: number): void {
  for (const way of ways) {
    const efforts = Array.from({ length: seeds }, (_, seed) => effortOf(mutant, way, seed, limit));
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
