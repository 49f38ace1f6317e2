/**
 * Measures the engines on the scenarios of KVM and prints a table:
 *
 *     node dist/bench/scenarios.js                      scenarios of 200,000 states and more
 *     node dist/bench/scenarios.js shadow-two-roles     those that are named
 *
 * Each figure comes from processes of its own, because accessors of a second machine in one process
 * are no longer inlined into the functions of the model. What a search of the first states takes is
 * taken off: starting, compiling the model and the kernel. One worker; the best of three.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { catalogue, instantiateKvm } from '../src/checker/instance.ts';
import { checkExhaustively } from '../src/engine/exhaustive.ts';
import { compileMachine } from '../src/engine/program.ts';
import { explore } from '../src/engine/random.ts';

const STATES_MIN = 200_000;
/** States within which everything that matters has been compiled. */
const FIRST_STATES = 20_000;
const RUNS = 3;
const SAMPLES = 8000;
const FIRST_SAMPLES = 500;
const STEPS_MAX = 120;

/** What one process does. */
type Task = 'search' | 'search-bare' | 'walk';

interface Measured {
  readonly words: number;
  /** States found or steps walked. */
  readonly made: number;
  readonly cpu_ms: number;
}

const { scenarios } = catalogue;
const control = { now: (): number => performance.now() };

async function measure(id: string, task: Task, isFirst: boolean): Promise<Measured> {
  const full = instantiateKvm({ scenario: id, preset: 'upstream', rules: {} });
  const machine = task === 'search-bare' ? { ...full, properties: [] } : full;
  const expectedStates = scenarios.find((s) => s.id === id)?.counts?.states ?? 0;
  const limits = isFirst ? { states: FIRST_STATES } : {};
  const maxSamples = isFirst ? FIRST_SAMPLES : SAMPLES;
  const { statistics } =
    task === 'walk'
      ? await explore(machine, { seed: 1n, maxSamples, maxSteps: STEPS_MAX }, control)
      : await checkExhaustively(machine, { expectedStates, limits, liveness: false }, control);
  const { user, system } = process.cpuUsage();
  return {
    words: compileMachine(machine).words,
    made: task === 'walk' ? statistics.transitions : statistics.states,
    cpu_ms: (user + system) / 1000,
  };
}

function best(id: string, task: Task, ...isFirst: readonly 'first'[]): Measured {
  const args = [fileURLToPath(import.meta.url), '--measure', id, task, ...isFirst];
  const runs = Array.from(
    { length: RUNS },
    () => JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured,
  );
  return runs.reduce((x, y) => (y.cpu_ms < x.cpu_ms ? y : x));
}

/** Made by millisecond of CPU, after the start. */
function rateOf(id: string, task: Task): number {
  const all = best(id, task);
  const start = best(id, task, 'first');
  return (all.made - start.made) / (all.cpu_ms - start.cpu_ms);
}

const cells = (title: string, ...columns: (string | number)[]): string =>
  `${[title.padEnd(32), ...columns.map((column) => String(column).padStart(11))].join('')}\n`;

const [first, ...rest] = process.argv.slice(2);
if (first === '--measure') {
  const [id = '', task = 'search', isFirst] = rest;
  process.stdout.write(JSON.stringify(await measure(id, task as Task, isFirst === 'first')));
} else {
  const large = scenarios.filter(({ ci, counts }) => ci && (counts?.states ?? 0) >= STATES_MIN);
  const ids = first === undefined ? large.map(({ id }) => id) : [first, ...rest];
  const heads = ['k/s, start', 'k/s', 'properties', 'k steps/s'];
  process.stdout.write(cells('', 'words', 'states', ...heads));
  for (const id of ids) {
    const { words, made, cpu_ms } = best(id, 'search');
    const rate = rateOf(id, 'search');
    const share = 1 - rate / rateOf(id, 'search-bare');
    const rates = [made / cpu_ms, rate].map((perMs) => Math.round(perMs));
    const steps = Math.round(rateOf(id, 'walk'));
    process.stdout.write(cells(id, words, made, ...rates, `${Math.round(100 * share)} %`, steps));
  }
}
