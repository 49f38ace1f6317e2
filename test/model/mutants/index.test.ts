import { describe, expect, it } from 'vitest';
import {
  mutants,
  presets,
  ruleDefinitions,
  ruleNames,
  scenarios,
  type RuleName,
} from '../../../model/index.ts';
import { progressProperties, properties } from '../../../properties/index.ts';

describe('mutants', () => {
  it('have unique names in kebab-case', () => {
    const ids = mutants.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it('change an existing rule to another value', () => {
    for (const { preset = 'upstream', rule, value } of mutants) {
      expect(ruleNames).toContain(rule);
      expect(ruleDefinitions[rule].values).toContain(value);
      expect(presets[preset][rule]).not.toBe(value);
    }
  });

  it('name a scenario, and a property that applies there', () => {
    for (const mutant of mutants) {
      const scenario = scenarios.find(({ id }) => id === mutant.scenario);
      expect(scenario).toBeDefined();
      expect([...properties, ...progressProperties].map(({ id }) => id)).toContain(mutant.property);
      expect(scenario?.excludes).not.toHaveProperty(mutant.property);
    }
  });

  it('say what breaks and where it comes from', () => {
    for (const { says, source, category } of mutants) {
      expect(says).toMatch(/^[A-Za-z_].*\.$/);
      expect(source.length).toBeGreaterThan(0);
      expect(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'rule']).toContain(category);
    }
  });

  it('break each rule at least once, those apart whose other values break nothing', () => {
    const safe: readonly RuleName[] = [
      // What other kernels did.
      'nested_orphans',
      'shrinker',
      'split_scope',
      'split_existing',
      // No huge leaf is in an unsync page, and no direct page is one.
      'split_unsync',
      'split_lookup_unsync',
      // The other value is what would close a finding.
      'split_break',
      'table_protect_spaces',
      'aging_step',
    ];
    const broken = new Set([...safe, ...mutants.map(({ rule }) => rule)]);
    expect(ruleNames.filter((name) => !broken.has(name))).toEqual([]);
  });

  it('never repeat a change in the same scenario', () => {
    const changes = mutants.map(({ rule, value, scenario }) => `${rule} ${value} ${scenario}`);
    expect(new Set(changes).size).toBe(changes.length);
  });
});
