/** What pictures say in lines, read off stored runs in the state of their violation. */
import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../src/picture/scene.ts';
import { runEnding } from '../export/runs.ts';

const sceneOf = (ending: string) => {
  const scene = runEnding(ending).scenes?.at(-1);
  if (scene === undefined) throw new Error(`no picture of ${ending}`);
  return scene;
};

describe('the facts of a picture', () => {
  it.each([
    ['split-below-reserve', 'shadow pages used 3 of 3'],
    ['split-below-reserve', 'dirty log taken {0x0,0x1,0x2,0x3}'],
    ['split-caches-underfilled', 'split caches pages 0 descriptors 1'],
    ['split-overwrites-spare-page', 'split has a page in advance'],
    ['nx-page-counted-twice', 'possible NX huge pages {sp1}, counted 2'],
    ['nx-page-counted-twice', 'nx_huge_pages on'],
    [
      'overlapping-invalidations-end-together',
      'mmu_invalidate_in_progress 0, mn_active_invalidate_count 1',
    ],
    ['overlapping-invalidations-end-together', 'invalidation 0 of gfn 0x2 started'],
    ['sharing-misses-vcpus-outside-the-guest', 'host read-only gfn {0x2,0x3}'],
    ['sync-loses-pfn-dirty', 'written pfn {0x2}'],
    ['mmio-cache-without-generation', 'slot present, generation 1'],
    ['clear-log-skips-short-range', 'dirty log call clear, before flush'],
  ])('has, of %s, %s', (ending, fact) => {
    expect(sceneOf(ending).facts).toContain(fact);
  });

  it.each([
    ['invpcid-keeps-cached-root', 'CR4.PCIDE'],
    ['nonpaging-root-in-paging-role', 'CR0.PG 0'],
  ])('has, of %s, the mode %s of a vCPU', (ending, mode) => {
    const notes = sceneOf(ending).nodes.flatMap((node) => node.notes);
    expect(notes).toContain(mode);
  });

  it('has an MMIO entry as it is, without a frame behind it', () => {
    const row = nodeOf(sceneOf('mmio-cache-without-generation'), 'sp1')?.rows[0];
    expect(row?.text).toBe('mmio gfn 0x2 generation 0');
  });

  it('has what a vCPU remembers and keeps ready', () => {
    const rowsOf = (ending: string) => nodeOf(sceneOf(ending), 'vcpu0')?.rows;
    expect(rowsOf('mmio-cache-without-generation')).toContainEqual({
      id: 'vcpu0 mmio',
      label: 'mmio',
      text: 'va 0x0 gfn 0x2 generation 0',
    });
    expect(rowsOf('split-caches-underfilled')).toContainEqual({
      id: 'vcpu0 caches',
      label: 'caches',
      text: expect.stringMatching(/^pages \d+ descriptors \d+$/),
    });
  });
});
