/** Recorded runs of the benchmark: a line of JSON each, oldest first. */
import { appendFileSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { toLine, type Ratio, type Row } from './report.ts';

/** Where a run was made: nothing that names the machine. */
export interface Place {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_GB: number;
  readonly node: string;
  /** Processes that wanted a core, mean of the minute before the run. */
  readonly load: number;
}

/** A whole run of the benchmark. */
export interface Report {
  readonly date: string;
  readonly version: string;
  readonly machine: Place;
  readonly groups: readonly {
    readonly title: string;
    readonly rows: readonly Row[];
    readonly ratios: readonly Ratio[];
  }[];
}

/** The root of the project, seen from `dist/bench/`. */
const root = join(import.meta.dirname, '..', '..');

export const versionOfProject = (): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

export const describePlace = (): Place => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memory_GB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  load: loadavg()[0] ?? 0,
});

/** Appends to `bench/history.jsonl` of the project. */
export function record(report: Report): void {
  appendFileSync(join(root, 'bench', 'history.jsonl'), `${toLine(report)}\n`);
}
