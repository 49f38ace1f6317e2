/** The range of guest frames that the host announces to change, as faults see it. */
import type { Kvm } from '../state.ts';
import { pagesPerLeaf } from '../geometry.ts';

/** The level of the run that is announced: that of the largest leaf which the host may use. */
export const announcedLevel = (kvm: Kvm, gfn: number): number =>
  kvm.rules.notifier_range === 'whole-leaf' ? (kvm.geometry.host_level[gfn] ?? 1) : 1;

/** The end of the range that is being invalidated. */
export const rangeEnd = (kvm: Kvm): number => {
  const { gfn } = kvm.mmu_notifier;
  return gfn + pagesPerLeaf(kvm.geometry, announcedLevel(kvm, gfn));
};

/** Whether the invalidation in progress covers the frame. */
export const isBeingInvalidated = (kvm: Kvm, gfn: number): boolean =>
  kvm.mmu_notifier.mmu_invalidate_in_progress && gfn >= kvm.mmu_notifier.gfn && gfn < rangeEnd(kvm);
