/** What searches of the model are watched with, on its smallest scenarios. */
import { describe, expect, it } from 'vitest';
import type { RuleValue } from '../../src/checker/catalogue.ts';
import { consultable } from '../../src/checker/consulted.ts';
import { catalogue } from '../../src/checker/instance.ts';
import { checkExhaustively } from '../../src/engine/exhaustive.ts';
import type { Statistics } from '../../src/engine/outcome.ts';
import { instruments } from '../../src/checker/instruments.ts';

const control = { now: () => 0 };

const searched = async (scenario: string, rules: Readonly<Record<string, RuleValue>> = {}) => {
  const { preset = 'upstream' } = catalogue.scenarios.find(({ id }) => id === scenario) ?? {};
  const { machine, consulted } = instruments.watch({ scenario, preset, rules });
  const outcome = await checkExhaustively(machine, {}, control);
  return { kind: outcome.kind, statistics: outcome.statistics, consulted: consulted(), preset };
};

const counts = ({ states, transitions, depth, coverage, evidence }: Statistics) => ({
  states,
  transitions,
  depth,
  coverage,
  evidence,
});

describe('consultable', () => {
  it('knows which fields were read, in the order of the record', () => {
    const { record, names } = consultable({ a: 1, b: 2, c: 3 });
    expect(names()).toEqual([]);
    expect(record.c + record.a).toBe(4);
    expect(names()).toEqual(['a', 'c']);
  });

  it('takes a copy for a reading of everything', () => {
    const { record, names } = consultable({ a: 1, b: 2 });
    expect({ ...record }).toEqual({ a: 1, b: 2 });
    expect(names()).toEqual(['a', 'b']);
  });
});

describe('instruments', () => {
  it.each(['shadow-huge-levels', 'shadow-mmio-over-leaf', 'shadow-caches'])(
    'in %s, rules that nobody asks for make no difference, all changed together',
    async (scenario) => {
      const plain = await searched(scenario);
      const recorded = catalogue.scenarios.find(({ id }) => id === scenario)?.counts;
      expect(plain.kind).toBe('held');
      expect(plain.statistics).toMatchObject(recorded ?? {});
      const others = catalogue.rules.filter(({ name }) => !plain.consulted.includes(name));
      expect(others.length).toBeGreaterThan(20);
      const rules = Object.fromEntries(
        others.map(({ name, values }): [string, RuleValue] => [name, values.at(-1) ?? '']),
      );
      const changed = await searched(scenario, rules);
      expect(counts(changed.statistics)).toEqual(counts(plain.statistics));
      expect(changed.consulted).toEqual(plain.consulted);
    },
  );

  it('count faults, pages, SPTEs and flushes, the same for any number of threads', async () => {
    const selection = { scenario: 'shadow-quota', preset: 'upstream', rules: {} };
    const meters = ({ evidence }: Statistics) =>
      evidence.filter(({ id }) => id.startsWith('meter:')).map(({ applied }) => applied);
    const { statistics } = await searched('shadow-quota');
    expect(meters(statistics).every((n) => n > 0)).toBe(true);
    const { machine } = instruments.watch(selection);
    const source = instruments.source?.(selection);
    if (source === undefined) throw new Error('no source');
    const two = await checkExhaustively(machine, { workers: 2, source }, control);
    expect(meters(two.statistics)).toEqual(meters(statistics));
    // Each fault is one exit: as many as steps that leave the guest for a walk.
    const faults = statistics.coverage.filter(({ name }) => name === 'guestAccess');
    expect(meters(statistics)[0]).toBeLessThanOrEqual(faults[0]?.taken ?? 0);
  });
});
