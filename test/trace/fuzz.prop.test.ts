/** Whatever the text is, it is read to its end and comes to a verdict. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceLines, validateLines } from '../../bench/trace/measure.ts';
import { traceVerdict } from '../../src/trace/verdict.ts';

const folder = join(import.meta.dirname, '..', 'traces', 'healthy');
const lines = ['6.12.117-tdp-nested', '7.2.12-shadow-unsync'].map((name) =>
  readTraceLines(join(folder, `${name}.trace.txt.gz`)),
);

/** A stretch of a trace with some lines cut, doubled, dropped, or with other characters. */
const arbDamaged = fc
  .record({
    trace: fc.constantFrom(...lines),
    from: fc.nat(1500),
    changes: fc.array(
      fc.record({
        at: fc.nat(299),
        kind: fc.constantFrom('cut', 'double', 'drop', 'replace', 'insert'),
        column: fc.nat(160),
        text: fc.string({ unit: 'binary', maxLength: 12 }),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ trace, from, changes }) => {
    const part = [...trace.slice(0, 14), ...trace.slice(from, from + 300)];
    for (const { at, kind, column, text } of changes) {
      const line = part[at] ?? '';
      if (kind === 'cut') part[at] = line.slice(0, column);
      if (kind === 'replace') part[at] = line.slice(0, column) + text + line.slice(column + 3);
      if (kind === 'double') part.splice(at, 0, line);
      if (kind === 'drop') part.splice(at, 1);
      if (kind === 'insert') part.splice(at, 0, text);
    }
    return part.filter((line) => line !== undefined);
  });

describe('a damaged trace', () => {
  it('comes to a verdict, and each violation names a line of it', () => {
    fc.assert(
      fc.property(arbDamaged, (damaged) => {
        const found = validateLines(damaged);
        expect(found.reader.lines).toBe(damaged.length);
        expect(['accepted', 'refused', 'inconclusive']).toContain(traceVerdict(found).kind);
        for (const { violations, broken, cases } of found.outcomes) {
          expect(broken).toBeLessThanOrEqual(cases);
          for (const { line } of violations) expect(line).toBeLessThanOrEqual(damaged.length);
        }
      }),
      { seed: 0x7ace, numRuns: 150 },
    );
  });
});
