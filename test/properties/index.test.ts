import { describe, expect, it } from 'vitest';
import { configOf, modelTransitions, mutants, presets, scenarios } from '../../model/index.ts';
import { moments } from '../../model/machine.ts';
import { properties } from '../../properties/index.ts';
import { firstViolation } from '../support/search.ts';

describe('properties', () => {
  it('have unique names in kebab-case', () => {
    const ids = properties.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(id))).toEqual([]);
  });

  it('say what holds, why, and where that comes from', () => {
    for (const { id, says, why, source, witness } of properties) {
      expect(says).toMatch(/^[A-Za-z_].*\.$/);
      expect(why).toMatch(/^[A-Z].*\.$/);
      expect([id, source.length > 0]).toEqual([id, true]);
      expect(witness.says).toMatch(/^[A-Za-z].*[^.]$/);
    }
  });

  it('are asked at moments and on transitions that the model has', () => {
    const names = modelTransitions.map(({ name }) => name);
    for (const property of properties) {
      if (property.kind === 'state') {
        expect([...Object.keys(moments), 'every-step']).toContain(property.when);
      } else {
        expect(property.on.filter((name) => !names.includes(name))).toEqual([]);
      }
    }
  });

  it('apply to some scenario each', () => {
    const idle = properties.filter(
      ({ id, needs }) =>
        !scenarios.some(
          (s) => !(id in s.excludes) && (needs?.(configOf(s, presets.upstream)) ?? true),
        ),
    );
    expect(idle.map(({ id }) => id)).toEqual([]);
  });

  it('are each the first to break under some mutant, the checks of the auditor apart', () => {
    const broken = new Set(mutants.map(({ property }) => property));
    const never = properties.filter(({ id }) => !broken.has(id) && !id.startsWith('audit-'));
    expect(never.map(({ id }) => id)).toEqual([]);
  });

  it('of the auditor catch a mutant each on their own', async () => {
    const caught = {
      'audit-leaf-maps-the-host-frame': 'leaf-recorded-without-gfn',
      'audit-leaf-has-an-rmap': 'leaf-recorded-without-gfn',
      'audit-synced-table-is-not-writable': 'new-page-not-protected',
    };
    const audits = properties.map(({ id }) => id).filter((id) => id.startsWith('audit-'));
    expect(Object.keys(caught).sort()).toEqual([...audits].sort());
    for (const [property, id] of Object.entries(caught)) {
      const mutant = mutants.find((candidate) => candidate.id === id);
      const found = mutant && (await firstViolation(mutant, { properties: [property] }));
      expect([property, found?.property]).toEqual([property, property]);
    }
  });
});
