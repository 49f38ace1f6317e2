/** Damaged copies of healthy traces: doubt, never a false alarm; and planted changes. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  noShare,
  readTraceLines,
  refusedBy,
  tamper,
  validateLines,
} from '../../bench/trace/measure.ts';
import { tamperings } from '../../bench/trace/tamper.ts';
import { traceVerdict } from '../../src/trace/verdict.ts';

const folder = join(import.meta.dirname, '..', 'traces', 'healthy');
const read = (name: string) => readTraceLines(join(folder, `${name}.trace.txt.gz`));
const names = [
  '5.10.223-shadow-slots-2m',
  '6.1.192-shadow-smpunsync',
  '6.12.117-smp-smpunsync',
  '6.12.117-tdp-nested',
  '7.2.12-shadow-huge',
];

/** `count` lines of the CPU at `at` are gone, and the tracer says so where it goes on. */
function withLoss(lines: readonly string[], at: number, count: number): string[] {
  const cpuOf = (line: string) => / \[(\d+)\] /.exec(line)?.[1];
  const cpu = cpuOf(lines[at] ?? '');
  let gone = 0;
  let isMarked = false;
  return lines.flatMap((line, i) => {
    if (i < at || cpuOf(line) !== cpu || isMarked) return [line];
    if (gone < count) {
      gone += 1;
      return [];
    }
    isMarked = true;
    return [`CPU:${Number(cpu)} [LOST ${gone} EVENTS]`, line];
  });
}

const places = (lines: readonly string[]) =>
  [0.2, 0.5, 0.8].map((part) => Math.floor(part * lines.length));

describe('damaged traces', () => {
  it.each(names)('%s: lost events leave open what depends on them', (name) => {
    const lines = read(name);
    for (const at of places(lines)) {
      const found = validateLines(withLoss(lines, at, 30));
      expect(refusedBy(found)).toEqual([]);
      expect(traceVerdict(found).kind).toBe('inconclusive');
      expect(found.outcomes.some(({ untold }) => untold > 0)).toBe(true);
    }
  });

  it.each(names)('%s: a start in the middle of a run is no violation', (name) => {
    const lines = read(name);
    for (const at of places(lines)) {
      const found = validateLines(lines.slice(at));
      expect(refusedBy(found)).toEqual([]);
      expect(found.gaps).toMatchObject([{ kind: 'late-start' }]);
    }
  });

  it('a line that is cut off is reported, and the rest is read', () => {
    const lines = read('6.12.117-tdp-nested');
    const at = lines.findIndex((line) => line.includes('kvm_mmu_get_page'));
    const found = validateLines(lines.with(at, lines[at]?.slice(0, 80) ?? ''));
    expect(refusedBy(found)).toEqual([]);
    expect(found.reader.malformed).toMatchObject([{ line: at + 1 }]);
    expect(found.reader.events).toBeGreaterThan(1000);
  });
});

describe('tamperings', () => {
  const share = (id: string, name: string) => {
    const tampering = tamperings.find((one) => one.id === id);
    if (tampering === undefined) throw new Error(`no tampering ${id}`);
    const into = noShare();
    tamper(read(name), tampering, 4, into);
    return into;
  };

  it.each([
    ['drop-flush', '6.12.117-shadow-cr3', 3],
    ['make-table-writable', '6.12.117-shadow-unsync', 1],
    ['hide-unsync', '7.2.12-shadow-unsync', 4],
    ['hide-sync', '7.2.12-shadow-unsync', 3],
    ['hide-new-page', '6.12.117-shadow-cr3', 3],
    ['wrong-frame', '6.12.117-tdp-nested', 3],
    ['lose-dirty-page', '6.12.117-shadow-dirty-4k', 3],
  ])('%s in %s is refused %i times or more', (id, name, times) => {
    expect(share(id, name).refused).toBeGreaterThanOrEqual(times);
  });

  it('lines that changed places are noticed by their time', () => {
    const { refused, damaged, variants } = share('swap-lines', '6.12.117-shadow-unsync');
    expect(refused + damaged).toBe(variants);
  });
});
