/**
 * Searches one reference machine and prints one line of JSON:
 *
 *     node dist/bench/run.js shadow-core L --symmetry all --storage fingerprint
 */
import { createHash } from 'node:crypto';
import { PerformanceObserver } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { ExhaustiveOptions } from '../src/engine/exhaustive.ts';
import type { Statistics } from '../src/engine/outcome.ts';
import { search, type Run } from './machines/catalogue.ts';

/** One measurement. `cpu_ms` is the whole process: start and compilation included. */
export interface Measurement {
  readonly outcome: string;
  readonly bound: string | null;
  /** Hash of all that is the same in every run: counts, evidence, violations. */
  readonly digest: string;
  readonly steps: number | null;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly cpu_ms: number;
  readonly elapsed_ms: number;
  readonly gc_ms: number;
  readonly bytesPerState: number;
  readonly peak_bytes: number;
}

const oneOf = <N extends string>(name: string, value: string, names: readonly N[]): N => {
  const found = names.find((candidate) => candidate === value);
  if (found === undefined) throw new RangeError(`--${name} is one of ${names.join(', ')}`);
  return found;
};

function parse(): { run: Run; options: ExhaustiveOptions; progress: boolean } {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      fault: { type: 'string', default: '0' },
      symmetry: { type: 'string', default: 'none' },
      storage: { type: 'string', default: 'exact' },
      backend: { type: 'string', default: 'generated' },
      padding: { type: 'string', default: '0' },
      workers: { type: 'string', default: '1' },
      'max-memory': { type: 'string' },
      'frontier-memory': { type: 'string' },
      'parallel-after': { type: 'string', default: '0' },
      progress: { type: 'boolean', default: false },
    },
  });
  const [machine = 'shadow-core', size = 'S'] = positionals;
  const memory = values['max-memory'];
  const frontier = values['frontier-memory'];
  return {
    run: {
      machine,
      size,
      fault: Number(values.fault),
      interchangeable: oneOf('symmetry', values.symmetry, ['none', 'vcpus', 'all']),
      padding: Number(values.padding),
    },
    options: {
      storage: oneOf('storage', values.storage, ['exact', 'fingerprint']),
      backend: oneOf('backend', values.backend, ['generated', 'closures']),
      workers: Number(values.workers),
      limits: memory === undefined ? {} : { memory_bytes: Number(memory) * 2 ** 20 },
      ...(frontier === undefined ? {} : { frontier: { memory_bytes: Number(frontier) * 2 ** 20 } }),
      parallelAfter_ms: Number(values['parallel-after']),
    },
    progress: values.progress,
  };
}

const { run, options, progress } = parse();
let gc_ms = 0;
const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) gc_ms += duration;
});
observer.observe({ entryTypes: ['gc'] });

const report = ({ states, queue, depth }: Statistics): void => {
  process.stderr.write(`${states} states, ${queue} waiting, level ${depth}\n`);
};
const outcome = await search(run, options, {
  now: () => performance.now(),
  ...(progress ? { onProgress: report } : {}),
});
const { states, transitions, depth, memory_bytes, elapsed_ms } = outcome.statistics;
const { user, system } = process.cpuUsage();
const reproducible = {
  ...outcome,
  statistics: { ...outcome.statistics, elapsed_ms: 0, memory_bytes: 0 },
};
const measurement: Measurement = {
  outcome: outcome.kind,
  bound: 'bound' in outcome ? outcome.bound : null,
  digest: createHash('sha256').update(JSON.stringify(reproducible)).digest('hex'),
  steps: outcome.kind === 'violated' ? (outcome.violations[0]?.trace.steps.length ?? null) : null,
  states,
  transitions,
  depth,
  cpu_ms: (user + system) / 1000,
  elapsed_ms,
  gc_ms,
  bytesPerState: memory_bytes / states,
  peak_bytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(measurement)}\n`);
