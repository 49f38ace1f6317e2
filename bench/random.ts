/**
 * Compares ways to draw random walks: walks, steps and CPU time until a planted bug shows.
 *
 *     node dist/bench/random.js --seeds 20 --steps 100000 link-syncs-too-late write-hits-invalid-sp
 *     node dist/bench/random.js --record
 *
 * `uniform` weighs all transitions alike. `swarm` is what `run` does: each walk leaves out and
 * weighs families of transitions. `guided` is what `run --guided` does: a swarm whose walks mostly
 * begin in a state that an earlier walk was the first to reach.
 *
 * A line per bug and way: of all seeds the median of walks, median and mean of steps until the bug
 * showed (the limit where it did not), the median of CPU time, and in how many it did not show.
 * `--record` takes the bugs that `evidence/walks.json` does not have, or those that are named, and
 * writes them there one by one.
 */
import { parseArgs } from 'node:util';
import type { MutantEntry } from '../src/checker/catalogue.ts';
import { catalogue, walkEvidenceFile } from '../src/checker/instance.ts';
import {
  readWalkEvidence,
  walkEvidenceText,
  ways,
  type Way,
  type WayEvidence,
} from '../src/checker/walk-evidence.ts';
import { writeWhole } from '../src/counterexample/write-text.ts';
import { compileMachine } from '../src/engine/program.ts';
import { Guide } from '../src/engine/random/guide.ts';
import { Swarm } from '../src/engine/random/swarm.ts';
import { Walker } from '../src/engine/random/walker.ts';

interface Effort {
  readonly walks: number;
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
  const walker = new Walker(compileMachine(machine), steps_max, { guide, swarm });
  const source = sourceOf(seed);
  const before = process.cpuUsage();
  let walks = 0;
  let steps = 0;
  let found = false;
  while (!found && steps < limit) {
    found = walker.walk(source).verdict !== null;
    walks++;
    steps = walker.taken.reduce((sum, n) => sum + n, 0);
  }
  const { user, system } = process.cpuUsage(before);
  return { walks, steps: Math.min(steps, limit), cpu_ms: (user + system) / 1000, found };
}

const median = (values: readonly number[]): number =>
  [...values].sort((x, y) => x - y)[values.length >> 1] ?? 0;

const rounded = (value: number): number => Math.round(value);

function evidenceOf(mutant: MutantEntry, way: Way, seeds: number, limit: number): WayEvidence {
  const efforts = Array.from({ length: seeds }, (_, seed) => effortOf(mutant, way, seed, limit));
  const steps = efforts.map((effort) => effort.steps);
  return {
    walks: median(efforts.map(({ walks }) => walks)),
    steps: median(steps),
    meanSteps: rounded(steps.reduce((sum, n) => sum + n, 0) / seeds),
    cpu_ms: rounded(median(efforts.map(({ cpu_ms }) => cpu_ms))),
    missed: efforts.filter(({ found }) => !found).length,
  };
}

/** Runs without end are looked for by exhaustive search alone: no walk can show one. */
const showsInWalks = ({ property }: MutantEntry): boolean =>
  catalogue.properties.find(({ id }) => id === property)?.kind !== 'progress';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '20' },
    steps: { type: 'string', default: '60000' },
    record: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const limit = Number(values.steps);
const known = readWalkEvidence(walkEvidenceFile);
const stranger = positionals.find((id) => catalogue.mutants.every((mutant) => mutant.id !== id));
if (stranger !== undefined) throw new RangeError(`there is no mutant ${stranger}`);
const chosen = catalogue.mutants
  .filter(showsInWalks)
  .filter(({ id }) =>
    positionals.length > 0 ? positionals.includes(id) : known[id] === undefined,
  );

process.stdout.write(
  '| bug | way | median walks | median steps | mean steps | median CPU ms | missed |\n' +
    '| --- | --- | --- | --- | --- | --- | --- |\n',
);
for (const mutant of chosen) {
  const found = Object.fromEntries(
    ways.map((way) => [way, evidenceOf(mutant, way, seeds, limit)]),
  ) as Record<Way, WayEvidence>;
  for (const way of ways) {
    const { walks, steps, meanSteps, cpu_ms, missed } = found[way];
    const figures = [walks, steps, meanSteps, cpu_ms, missed].join(' | ');
    process.stdout.write(`| \`${mutant.id}\` | ${way} | ${figures} |\n`);
  }
  if (!values.record) continue;
  const book = { ...readWalkEvidence(walkEvidenceFile), [mutant.id]: { seeds, limit, ...found } };
  writeWhole(walkEvidenceFile, walkEvidenceText(book));
}
