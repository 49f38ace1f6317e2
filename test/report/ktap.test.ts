import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ktapLines } from '../../src/report/ktap.ts';
import type { Suite } from '../../src/report/suites.ts';
import { readKtap } from './ktap-reader.ts';
import { everySuite } from './suites.ts';

const text = (suites: readonly Suite[]) => `${ktapLines(suites).join('\n')}\n`;

describe('ktapLines', () => {
  it('nests subtests by two spaces, under a version line and a plan of their own', () => {
    expect(text(everySuite.slice(1))).toBe(
      [
        'KTAP version 1',
        '1..2',
        '  KTAP version 1',
        '  1..1',
        '  ok 1 holds',
        'ok 1 good',
        '  KTAP version 1',
        '  1..1',
        '  ok 1 cut # SKIP it was interrupted',
        'ok 2 nothing judged # SKIP',
        '',
      ].join('\n'),
    );
  });

  it('has a directive for every result that is neither passed nor failed', () => {
    const [mixed] = readKtap(text(everySuite));
    expect(mixed?.ok).toBe(false);
    expect(mixed?.subtests.map(({ ok, name, directive }) => [ok, name, directive])).toEqual([
      [true, 'holds', undefined],
      [true, 'found', 'XFAIL'],
      [false, 'broken', undefined],
      [true, 'known', 'XFAIL'],
      [true, 'cut', 'SKIP'],
      [false, 'slow', 'TIMEOUT'],
      [false, 'damaged', 'ERROR'],
    ]);
  });

  it('keeps the report of a failure in lines of notes before the result', () => {
    const broken = readKtap(text(everySuite))[0]?.subtests[2];
    expect(broken?.notes[1]).toBe('next');
    expect(broken?.notes[2]).toBe('step 1');
  });

  it('can be read whatever the texts are', () => {
    const anyText = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const name = `x${a}y`;
        const failed = { kind: 'failed', message: b, type: a, text: [a, b] } as const;
        const open = { kind: 'open', because: a } as const;
        const cases = [failed, open].map((result) => ({ name, result }));
        const [read] = readKtap(text([{ name, cases }]));
        expect(read?.subtests.map(({ ok }) => ok)).toEqual([false, true]);
      }),
      { seed: 0x5eed, numRuns: 200 },
    );
  });

  it('is refused by the reader when a rule is broken', () => {
    const good = text(everySuite);
    const broken = [
      good.replace('1..3', '1..2'),
      good.replace('ok 2 good', 'ok 3 good'),
      good.replace('not ok 1 mixed', 'ok 1 mixed'),
      good.replace('  not ok 6 slow', '  ok 6 slow'),
      good.replace('# SKIP it', '# SKIPPED it'),
      good.replace('  ok 1 holds', '    ok 1 holds'),
    ];
    for (const one of broken) {
      expect(one).not.toBe(good);
      expect(() => readKtap(one)).toThrow(/^(line|there is more)/);
    }
  });
});
