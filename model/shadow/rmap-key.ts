/**
 * Which rmap is which: one for each frame at each level, in the slots of each address space.
 *
 * Kernel: gfn_to_rmap(), __gfn_to_rmap().
 */
import type { Kvm, MmuPageView } from '../state.ts';
import { hugeRun, hugeRuns, PG_LEVEL_4K } from '../geometry.ts';
import { spaceOfPage } from './mmu-page.ts';

/**
 * gfn_to_rmap(): the chain for a gfn at a level; those above 4K come after those at 4K. One past
 * the last where guest memory ends within the run. Those of the second address space come last.
 */
export const rmapKey = (kvm: Kvm, gfn: number, level: number, as_id = 0): number => {
  const { gfns } = kvm.geometry;
  const first = as_id === 0 ? 0 : gfns + hugeRuns(kvm.geometry);
  if (level === PG_LEVEL_4K) return first + gfn;
  const run = hugeRun(kvm.geometry, gfn, level);
  return run < 0 ? kvm.rmap.length : first + gfns + run;
};

/** The chain in which a leaf of this page for a gfn is filed. */
export const rmapKeyIn = (kvm: Kvm, page: MmuPageView, gfn: number): number =>
  rmapKey(kvm, gfn, page.role.level, spaceOfPage(page));
