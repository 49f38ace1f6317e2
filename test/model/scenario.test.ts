import { describe, expect, it } from 'vitest';
import { configOf, presets } from '../../model/index.ts';
import { scenario } from '../../model/scenario.ts';
import { budgetNames } from '../../model/config.ts';

const small = scenario({
  id: 'shadow-small',
  says: 'Nothing happens.',
  geometry: { gfns: 3, tables: 2, shadow_pages: 2 },
  initialMemory: [[0, 0]],
  stores: [],
  budget: { fault: 2 },
});

describe('scenario', () => {
  it('gives what is not said its default', () => {
    expect(small.geometry).toMatchObject({ levels: 2, entries: 2, vcpus: 2, prev_roots: 1 });
    expect(small).toMatchObject({ machine: 'shadow', ci: true, preset: 'upstream' });
    expect(small).toMatchObject({ oracle: 'lenient', granularity: 'step', retries: false });
  });

  it('puts each guest frame on a host frame of its own', () => {
    expect(small.geometry.host_pfn).toEqual([0, 1, 2]);
  });

  it('keeps what is said', () => {
    const { geometry } = scenario({ ...small, geometry: { ...small.geometry, vcpus: 1 } });
    expect(geometry.vcpus).toBe(1);
  });
});

describe('configOf', () => {
  it('bounds everything, to zero when the scenario does not say', () => {
    const { budget } = configOf(small, presets.upstream).workload;
    expect(Object.keys(budget)).toEqual([...budgetNames]);
    expect(budget).toMatchObject({ fault: 2, store: 0, invlpg: 0, cr3: 0, wp: 0, host_store: 0 });
  });

  it('takes the granularity of the scenario unless told otherwise', () => {
    expect(configOf(small, presets.upstream).granularity).toBe('step');
    expect(configOf(small, presets.upstream, 'operation').granularity).toBe('operation');
  });

  it('leaves addresses and actors out when they are not restricted', () => {
    expect(configOf(small, presets.upstream).workload).not.toHaveProperty('addresses');
    expect(configOf(small, presets.upstream).workload).not.toHaveProperty('actors');
    const bounded = { ...small, addresses: [1], actors: { store: [0] } };
    const { workload } = configOf(bounded, presets.upstream);
    expect(workload).toMatchObject({ addresses: [1], actors: { store: [0] } });
  });
});
