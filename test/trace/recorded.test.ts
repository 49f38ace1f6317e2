/** Recorded traces: healthy ones are accepted, tampered ones refused by the rule that says why. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTraceLines, refusedBy, validateLines } from '../../bench/trace/measure.ts';
import { isDamage } from '../../src/trace/read/reader.ts';
import { traceVerdict } from '../../src/trace/verdict.ts';

const stored = join(import.meta.dirname, '..', 'traces');
const tracesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.txt.gz'))
    .sort()
    .map((name) => join(folder, name));

/** The rule that the planted change breaks. */
const tampered: Readonly<Record<string, string>> = {
  'unsync-upper-level': 'unsync-only-4k-level',
  'missing-flush': 'flush-before-entry',
  'exec-huge': 'nx-huge-not-exec',
  'lost-dirty-bit': 'writable-spte-implies-dirty-logged',
  'wrong-pfn': 'spte-pfn-as-requested',
  'tdp-stale-old-value': 'tdp-old-matches-last-new',
};

/** Kernels with a bug that is known, by a part of the name. */
const knownBugs: Readonly<Record<string, string>> = {
  '6.18.15-shadow-poke-gfn': 'direct-leaf-gfn-is-sp-gfn-plus-index',
};

function expectRefused(file: string, rules: Readonly<Record<string, string>>): void {
  const [, rule] = Object.entries(rules).find(([name]) => file.includes(name)) ?? [];
  expect(refusedBy(validateLines(readTraceLines(file)))).toContain(rule);
}

function expectAccepted(file: string): void {
  const found = validateLines(readTraceLines(file));
  expect(refusedBy(found)).toEqual([]);
  expect(found.gaps.filter(isDamage)).toEqual([]);
  expect(found.reader.malformed).toEqual([]);
  expect(traceVerdict(found)).toEqual({ kind: 'accepted' });
}

describe('recorded traces', () => {
  it.each(tracesIn(join(stored, 'healthy')))('accepts %s', expectAccepted);

  it.each(tracesIn(join(stored, 'tampered')))('refuses %s', (file) =>
    expectRefused(file, tampered),
  );

  it.each(tracesIn(join(stored, 'known-bug')))('refuses %s', (file) =>
    expectRefused(file, knownBugs),
  );

  it('exercise every rule', () => {
    const cases = new Map<string, number>();
    for (const file of tracesIn(join(stored, 'healthy'))) {
      for (const { rule, cases: n } of validateLines(readTraceLines(file)).outcomes) {
        cases.set(rule.id, (cases.get(rule.id) ?? 0) + n);
      }
    }
    expect([...cases].filter(([, n]) => n === 0)).toEqual([]);
  });
});

/** A folder with more traces than can be stored, and `mutants/` in it. */
const more = process.env['KVM_TRACES'] ?? '';

describe.runIf(more !== '' && existsSync(more))('the traces of KVM_TRACES', () => {
  const all = more === '' ? [] : tracesIn(more);
  const isKnown = (file: string) => Object.keys(knownBugs).some((name) => file.includes(name));

  it.each(all.filter((file) => !isKnown(file)))('accepts %s', expectAccepted);
  it.each(all.filter(isKnown))('refuses %s', (file) => expectRefused(file, knownBugs));
  it.each(existsSync(join(more, 'mutants')) ? tracesIn(join(more, 'mutants')) : [])(
    'refuses %s',
    (file) => expectRefused(file, tampered),
  );
});
