/**
 * The range of guest frames that is announced to change, as faults see it.
 *
 * Kernel: kvm_mmu_invalidate_begin(), kvm_mmu_invalidate_range_add(), kvm_mmu_invalidate_end(),
 * mmu_invalidate_retry_gfn(). Lock: mmu_lock for write.
 */
import type { Kvm } from '../state.ts';
import { pagesPerLeaf } from '../geometry.ts';
import { isInSomeSlot } from '../memslot.ts';
import { warn } from '../shadow/mmu-page.ts';

/** Guest frames from `start` up to but not including `end`. */
export interface GfnRange {
  readonly start: number;
  readonly end: number;
}

/** The frames that a call beginning at `gfn` announces: its own range, or a leaf of the host. */
export const announcedRange = (kvm: Kvm, gfn: number, call: number): GfnRange => {
  const { host_level, invalidations } = kvm.geometry;
  const whole = kvm.rules.notifier_range === 'whole-leaf';
  const leaf = whole ? pagesPerLeaf(kvm.geometry, host_level[gfn] ?? 1) : 1;
  return { start: gfn, end: gfn + (invalidations[call]?.npages ?? leaf) };
};

/** The part of a range that is in slots; `null` when none of it is. */
export const rangeInSlots = (kvm: Kvm, { start, end }: GfnRange): GfnRange | null => {
  let first = start;
  while (first < end && !isInSomeSlot(kvm, first)) first += 1;
  let last = end;
  while (last > first && !isInSomeSlot(kvm, last - 1)) last -= 1;
  return first === last ? null : { start: first, end: last };
};

/** kvm_mmu_invalidate_begin() and kvm_mmu_invalidate_range_add(). */
export const kvm_mmu_invalidate_begin = (kvm: Kvm, { start, end }: GfnRange): void => {
  const { mmu_notifier } = kvm;
  const nested = mmu_notifier.mmu_invalidate_in_progress > 0;
  mmu_notifier.mmu_invalidate_in_progress += 1;
  // What cannot be told apart again is added up until all of it has ended.
  const adds = nested && kvm.rules.notifier_overlap === 'union';
  const { mmu_invalidate_range_start, mmu_invalidate_range_end } = mmu_notifier;
  mmu_notifier.mmu_invalidate_range_start = adds
    ? Math.min(start, mmu_invalidate_range_start)
    : start;
  mmu_notifier.mmu_invalidate_range_end = adds ? Math.max(end, mmu_invalidate_range_end) : end;
};

/** kvm_mmu_invalidate_end(): the mark for faults that looked up before, then the announcement. */
export const kvm_mmu_invalidate_end = (kvm: Kvm): void => {
  const { mmu_notifier, rules } = kvm;
  if (rules.notifier_seq === 'advanced') mmu_notifier.mmu_invalidate_seq += 1;
  if (rules.notifier_end === 'kept') return;
  if (mmu_notifier.mmu_invalidate_in_progress === 0) {
    warn(kvm, 'invalidate-count-negative');
    return;
  }
  if (rules.notifier_end === 'withdraws-all') mmu_notifier.mmu_invalidate_in_progress = 0;
  else mmu_notifier.mmu_invalidate_in_progress -= 1;
  if (mmu_notifier.mmu_invalidate_in_progress > 0) return;
  mmu_notifier.mmu_invalidate_range_start = 0;
  mmu_notifier.mmu_invalidate_range_end = 0;
};

/** Whether an invalidation in progress may cover the frame. */
export const isBeingInvalidated = (kvm: Kvm, gfn: number): boolean => {
  const { mmu_notifier } = kvm;
  if (mmu_notifier.mmu_invalidate_in_progress === 0) return false;
  return (
    gfn >= mmu_notifier.mmu_invalidate_range_start && gfn < mmu_notifier.mmu_invalidate_range_end
  );
};

/** Whether some call of the notifier holds mmu_lock. */
export const isNotifierFlushing = ({ mmu_notifier: { calls } }: Kvm): boolean => {
  for (let call = 0; call < calls.length; call += 1) if (calls.at(call).pc === 'flush') return true;
  return false;
};
