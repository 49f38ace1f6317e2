/**
 * Lines per second of reading traces, and of reading, tracking and judging them:
 *
 *     node dist/bench/trace-speed.js                       some healthy ones of the project
 *     node dist/bench/trace-speed.js FILE...
 *
 * Each file is repeated in memory until there are a million lines; the figure is per CPU second,
 * without unpacking.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TraceReader } from '../src/trace/read/reader.ts';
import { readTraceLines, validateLines } from './trace/measure.ts';

const target = 1_000_000;

function linesPerSecond(
  lines: readonly string[],
  work: (lines: readonly string[]) => void,
): number {
  const rounds = Math.max(1, Math.round(target / lines.length));
  work(lines);
  const { user, system } = process.cpuUsage();
  for (let i = 0; i < rounds; i += 1) work(lines);
  const used = process.cpuUsage();
  const seconds = (used.user + used.system - user - system) / 1e6;
  return (rounds * lines.length) / seconds;
}

function read(lines: readonly string[]): void {
  const reader = new TraceReader();
  lines.forEach((text, i) => reader.read({ number: i + 1, text, complete: true }));
}

/** Of the traces of the project, so many times fewer are enough. */
const EVERY = 6;
const healthy = 'test/traces/healthy';
const named = process.argv.slice(2);
const stored = (): string[] =>
  readdirSync(healthy)
    .filter((name) => name.endsWith('.trace.txt.gz'))
    .filter((_, k) => k % EVERY === 0)
    .map((name) => join(healthy, name));
const lines = (named.length > 0 ? named : stored()).map(readTraceLines);
const row = (what: string, work: (lines: readonly string[]) => void) => {
  const rates = lines.map((of) => linesPerSecond(of, work));
  const k = (rate: number) => `${Math.round(rate / 1000)} k`.padStart(8);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  process.stdout.write(
    `${what.padEnd(28)} slowest ${k(Math.min(...rates))}   mean ${k(mean)} lines/s\n`,
  );
};
row('read', read);
row('read, track and judge', (of) => void validateLines(of));
const peak_MB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`peak memory ${Math.round(peak_MB)} MB\n`);
