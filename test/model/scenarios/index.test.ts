import { describe, expect, it } from 'vitest';
import { presets, scenarios } from '../../../model/index.ts';
import { addressCount, hasDirectMmus, hasGuestTables, hasPcids } from '../../../model/geometry.ts';
import { gpte_to_gfn, gpteMax } from '../../../model/gpte.ts';
import { progressProperties, properties } from '../../../properties/index.ts';

describe('scenarios', () => {
  it('have unique names, most significant word first', () => {
    const ids = scenarios.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^shadow(-[a-z0-9]+)+$/.test(id))).toEqual([]);
  });

  it('say in sentences what they show', () => {
    for (const { says, preset } of scenarios) {
      expect(says).toMatch(/^[A-Z].*\.$/);
      expect(Object.keys(presets)).toContain(preset);
    }
  });

  it('exclude known properties alone, each with a reason', () => {
    const ids = [...properties, ...progressProperties].map(({ id }) => id);
    for (const [id, reason] of scenarios.flatMap(({ excludes }) => Object.entries(excludes))) {
      expect(ids).toContain(id);
      expect(reason).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('stay within their own geometry', () => {
    for (const { geometry, ...s } of scenarios) {
      expect(s.initialMemory).toHaveLength(geometry.tables);
      expect(geometry.host_pfn).toHaveLength(geometry.gfns);
      const roots = hasGuestTables(geometry) ? geometry.cr3 : [];
      expect(roots.filter((gfn) => gfn >= geometry.tables)).toEqual([]);
      expect(geometry.pcids).toHaveLength(geometry.cr3.length);
      if (hasPcids(geometry)) {
        expect(geometry.psc_entries).toBe(0);
        expect(new Set(geometry.cr3).size).toBe(geometry.cr3.length);
      }
      expect(geometry.nonpaging.filter((v) => v >= geometry.vcpus)).toEqual([]);
      const addresses =
        s.addresses ?? Array.from({ length: addressCount(geometry) }, (_, va) => va);
      const frames = hasDirectMmus(geometry) ? addresses : [];
      expect(frames.filter((va) => va >= geometry.gfns)).toEqual([]);
      expect((s.addresses ?? []).filter((va) => va >= addressCount(geometry))).toEqual([]);
      for (const table of s.initialMemory) {
        expect(table).toHaveLength(geometry.entries);
        expect(table.filter((pte) => gpte_to_gfn(pte) >= geometry.gfns)).toEqual([]);
      }
      for (const { gfn, index, value } of s.stores) {
        expect(gfn).toBeLessThan(geometry.gfns);
        expect(index).toBeLessThan(geometry.entries);
        expect(value).toBeLessThanOrEqual(gpteMax(geometry.gfns));
      }
    }
  });

  it('have the host frames of tables where the oracle looks for them', () => {
    for (const { geometry } of scenarios) {
      const { host_pfn, tables } = geometry;
      expect(host_pfn.slice(0, tables)).toEqual(Array.from({ length: tables }, (_, gfn) => gfn));
    }
  });

  it('have a budget for what their stores and address spaces are there for', () => {
    for (const { budget, stores, geometry } of scenarios) {
      const { store = 0, host_store = 0, cr3 = 0 } = budget;
      expect(stores.length > 0).toBe(store + host_store > 0);
      if (geometry.cr3.length > 1) expect(cr3).toBeGreaterThan(0);
    }
  });
});
