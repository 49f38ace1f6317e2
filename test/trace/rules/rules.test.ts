import { describe, expect, it } from 'vitest';
import { properties } from '../../../properties/index.ts';
import { traceRules } from '../../../src/trace/rules/index.ts';
import { outcomeOf, traceText, validateText } from '../lines.ts';
import { ruleCases } from './cases.ts';

describe('traceRules', () => {
  it('have an id in kebab-case each, of their own', () => {
    const ids = traceRules.map(({ id }) => id);
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('name properties that the model has', () => {
    const known = properties.map(({ id }) => id);
    const named = traceRules.flatMap(({ property }) => (property === undefined ? [] : [property]));
    expect(named.filter((id) => !known.includes(id))).toEqual([]);
  });

  it('have a trace that breaks each of them', () => {
    expect(ruleCases.map(({ rule }) => rule)).toEqual(traceRules.map(({ id }) => id));
  });

  it.each(ruleCases)('$rule holds in the nearest healthy trace', ({ rule, good, host }) => {
    const { cases, broken } = outcomeOf(rule, traceText(good, host));
    expect(cases).toBeGreaterThan(0);
    expect(broken).toBe(0);
  });

  it.each(ruleCases)('$rule refuses the trace that breaks it', ({ rule, bad, host }) => {
    const { broken, violations } = outcomeOf(rule, traceText(bad, host));
    expect(broken).toBe(1);
    expect(violations[0]?.rule).toBe(rule);
    expect(violations[0]?.message).not.toBe('');
  });

  it.each(ruleCases)('$rule is silent once events before it were lost', ({ bad, host, rule }) => {
    const lines = traceText(bad, host);
    lines.splice(-1, 0, 'CPU:1 [LOST 3 EVENTS]');
    const { memory } = traceRules.find(({ id }) => id === rule) ?? {};
    const { broken } = outcomeOf(rule, lines);
    if (memory !== 'line') expect(broken).toBe(0);
    expect(validateText(lines).gaps).toHaveLength(1);
  });
});
