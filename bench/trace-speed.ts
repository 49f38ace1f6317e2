/**
 * Lines per second of reading traces, and of reading, tracking and judging them:
 *
 *     node dist/bench/trace-speed.js test/traces/healthy/*.trace.txt.gz
 *
 * Each file is repeated in memory until there are a million lines; the figure is per CPU second,
 * without unpacking.
 */
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

const lines = process.argv.slice(2).map(readTraceLines);
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
