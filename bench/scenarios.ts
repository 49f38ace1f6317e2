/**
 * Measures the engines on the scenarios of KVM and prints a table:
 *
 *     node dist/bench/scenarios.js                      scenarios of 200,000 states and more
 *     node dist/bench/scenarios.js shadow-two-roles     those that are named
 *
 * Each figure comes from processes of its own, because accessors of a second machine in one process
 * are no longer inlined into the functions of the model. The kinds of run take turns, so that what
 * else the machine does meets all alike; the best of each kind counts. One worker.
 *
 * A search notes the time as it goes: what it takes up to the first states is starting, and
 * compiling the model and the kernel, and is left out where it says so. The part that properties
 * take is what the search gains without them: all, those of states, those of steps. What the model
 * keeps for them to look at, such as the sets of the oracle, counts as the model's in all rows.
 *
 * Time is that of the clock on the wall, so two cores must be free: one for the search, one for the
 * threads in which V8 compiles beside it. CPU time would count those as well, and properties are
 * much code that is compiled once: a search of 200,000 states would look slower than it is.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { catalogue, instantiateKvm } from '../src/checker/instance.ts';
import { checkExhaustively } from '../src/engine/exhaustive.ts';
import type { Statistics } from '../src/engine/outcome.ts';
import { compileMachine } from '../src/engine/program.ts';
import { explore } from '../src/engine/random.ts';

const STATES_MIN = 200_000;
/** States within which everything that matters has been compiled. */
const FIRST_STATES = 20_000;
/** The engine reports every 500 ms of its clock: a quicker one makes for more reports. */
const CLOCK = 12.5;
const RUNS = 3;
const SAMPLES = 8000;
const FIRST_SAMPLES = 500;
const STEPS_MAX = 120;

/** What one process does: searches with some of the properties, or walks. */
const tasks = ['all', 'states', 'steps', 'none', 'walk', 'walk-first'] as const;
type Task = (typeof tasks)[number];

interface Measured {
  readonly words: number;
  /** States found or steps walked, after the first ones. */
  readonly made: number;
  readonly transitions: number;
  readonly ms: number;
  /** With the first ones. */
  readonly whole: { readonly made: number; readonly ms: number };
}

const { scenarios } = catalogue;

function machineFor(id: string, task: Task) {
  const machine = instantiateKvm({ scenario: id, preset: 'upstream', rules: {} });
  const asked = { states: ['state'], steps: ['step'], none: [] as string[] };
  if (task !== 'states' && task !== 'steps' && task !== 'none') return machine;
  return { ...machine, properties: machine.properties.filter((p) => asked[task].includes(p.kind)) };
}

async function walk(id: string, task: Task): Promise<Measured> {
  const machine = machineFor(id, task);
  const maxSamples = task === 'walk-first' ? FIRST_SAMPLES : SAMPLES;
  const control = { now: (): number => performance.now() };
  const { statistics } = await explore(
    machine,
    { seed: 1n, maxSamples, maxSteps: STEPS_MAX },
    control,
  );
  const { transitions } = statistics;
  const whole = { made: transitions, ms: performance.now() };
  return { words: compileMachine(machine).words, transitions, ...whole, whole };
}

async function search(id: string, task: Task): Promise<Measured> {
  const machine = machineFor(id, task);
  const expectedStates = scenarios.find((s) => s.id === id)?.counts?.states ?? 0;
  let start: { states: number; transitions: number; ms: number } | null = null;
  const note = ({ states, transitions }: Statistics) => {
    if (states >= FIRST_STATES) start ??= { states, transitions, ms: performance.now() };
  };
  const { statistics } = await checkExhaustively(
    machine,
    { expectedStates, liveness: false },
    { now: () => CLOCK * performance.now(), onProgress: note },
  );
  const ms = performance.now();
  const first = start ?? { states: 0, transitions: 0, ms: 0 };
  return {
    words: compileMachine(machine).words,
    made: statistics.states - first.states,
    transitions: statistics.transitions - first.transitions,
    ms: ms - first.ms,
    whole: { made: statistics.states, ms },
  };
}

/** The quickest run of each kind. */
function measureAll(id: string): ReadonlyMap<Task, Measured> {
  const best = new Map<Task, Measured>();
  for (let run = 0; run < RUNS; run++) {
    for (const task of tasks) {
      const args = [fileURLToPath(import.meta.url), '--measure', id, task];
      const found = execFileSync(process.execPath, args, { encoding: 'utf8' });
      const measured = JSON.parse(found) as Measured;
      if (measured.ms < (best.get(task)?.ms ?? Infinity)) best.set(task, measured);
    }
  }
  return best;
}

function of(all: ReadonlyMap<Task, Measured>, task: Task): Measured {
  const found = all.get(task);
  if (found === undefined) throw new RangeError(`${task} was not measured`);
  return found;
}

const rate = ({ made, ms }: Pick<Measured, 'made' | 'ms'>): number => made / ms;

const cells = (title: string, ...columns: (string | number)[]): string =>
  `${[title.padEnd(32), ...columns.map((column) => String(column).padStart(11))].join('')}\n`;

function rowOf(id: string): string {
  const all = measureAll(id);
  const [asked, bare] = [of(all, 'all'), of(all, 'none')];
  const share = (task: Task): string =>
    `${Math.round(100 * (1 - rate(of(all, task)) / rate(bare)))} %`;
  const [walk, first] = [of(all, 'walk'), of(all, 'walk-first')];
  const steps = (walk.made - first.made) / (walk.ms - first.ms);
  const rates = [rate(asked.whole), rate(asked), asked.transitions / asked.ms].map(Math.round);
  const shares = [share('all'), share('states'), share('steps')];
  return cells(id, asked.words, asked.whole.made, ...rates, ...shares, Math.round(steps));
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--measure') {
  const [id = '', name] = rest;
  const task = tasks.find((one) => one === name) ?? 'all';
  const measure = task === 'walk' || task === 'walk-first' ? walk : search;
  process.stdout.write(JSON.stringify(await measure(id, task)));
} else {
  const large = scenarios.filter(({ ci, counts }) => ci && (counts?.states ?? 0) >= STATES_MIN);
  const ids = first === undefined ? large.map(({ id }) => id) : [first, ...rest];
  const heads = ['k/s, start', 'k/s', 'k trans/s', 'properties', 'of states', 'of steps'];
  process.stdout.write(cells('', 'words', 'states', ...heads, 'k steps/s'));
  for (const id of ids) process.stdout.write(rowOf(id));
}
