/** Whether and from what a fault prefetches. Kernel: FNAME(gpte_changed), FNAME(pte_prefetch). */
import type { Kvm, VcpuView } from '../state.ts';
import { PG_LEVEL_4K } from '../geometry.ts';
import { readGuest } from './mmu-page.ts';
import { tableAt } from './walker.ts';

/** FNAME(gpte_changed) reads the neighbours of the last entry along with it. */
export const capturePrefetchPtes = (kvm: Kvm, vcpu: VcpuView): void => {
  const { prefetch_ptes } = vcpu.walker;
  for (let i = 0; i < prefetch_ptes.length; i += 1) {
    prefetch_ptes.set(i, readGuest(kvm, tableAt(kvm, vcpu, PG_LEVEL_4K), i));
  }
};

/** Whether the fault that has just stored a leaf goes on with its neighbours. */
export const isPrefetchDue = (kvm: Kvm): boolean => {
  if (!kvm.prefetch || kvm.mmu_lock.level > PG_LEVEL_4K) return false;
  const { mmu_invalidate_in_progress } = kvm.mmu_notifier;
  return mmu_invalidate_in_progress === 0 || kvm.rules.prefetch_invalidation === 'prefetched';
};
