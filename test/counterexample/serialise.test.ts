import { describe, expect, it } from 'vitest';
import { parseCounterexample } from '../../src/counterexample/load.ts';
import { serialise } from '../../src/counterexample/serialise.ts';
import { badRun, goodRun } from '../toy/counterexamples.ts';

const reversed = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, item]) => [key, reversed(item)]),
      )
    : value;

describe('serialise', () => {
  it('writes what is read back as the same', () => {
    for (const run of [badRun(), goodRun()]) {
      expect(parseCounterexample(serialise(run), 'run.json')).toEqual(run);
    }
  });

  it('writes the same bytes whatever the order of the fields', () => {
    const run = badRun();
    const shuffled = parseCounterexample(JSON.stringify(reversed(run)), 'run.json');
    expect(serialise(shuffled)).toBe(serialise(run));
  });

  it('orders rule changes by name', () => {
    const rules = { preset: 'upstream', changes: { b: 1, a: true } };
    expect(serialise({ ...badRun(), rules })).toContain('{ "a": true, "b": 1 }');
  });

  it('ends lines with LF alone, and the file with one', () => {
    const text = serialise(badRun());
    expect(text).not.toContain('\r');
    expect(text).toMatch(/[^\n]\n$/);
  });

  it('gives each action a line of its own', () => {
    const lines = serialise(badRun()).split('\n');
    expect(lines.filter((line) => line.includes('"transition"'))).toHaveLength(4);
  });
});
