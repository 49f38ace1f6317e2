/**
 * The walk over the rmaps of a slot, by level and by run of frames, for pages to split; and where
 * it takes and drops mmu_lock.
 *
 * Kernel: kvm_shadow_mmu_try_split_huge_pages(), shadow_mmu_try_split_huge_pages().
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import { alignedGfn, pagesPerLeaf, PG_LEVEL_4K } from '../geometry.ts';
import { hasSplits } from '../layout/split.ts';
import type { Kvm } from '../state.ts';
import { armAndTakeNext } from './dirty-log.ts';
import { spte_index, sptep_to_sp, warn } from './mmu-page.ts';
import { rmapKey } from './rmap-key.ts';

export const spteAt = (kvm: Kvm, sptep: number): number =>
  kvm.sp.at(sptep_to_sp(kvm, sptep)).spt.get(spte_index(kvm, sptep));

/** Whether the walk over an rmap passes over the entry. */
const isSkipped = (kvm: Kvm, sptep: number): boolean => {
  const page = kvm.sp.at(sptep_to_sp(kvm, sptep));
  if (page.unsync && kvm.rules.split_unsync !== 'split') {
    if (kvm.rules.split_unsync === 'warn-and-skip') warn(kvm, 'split-of-unsync-page');
    return true;
  }
  return page.role.invalid;
};

/** The next entry to split in the rmap that is looked at; -1 when there is none. */
const nextInRmap = (kvm: Kvm): number => {
  const key = rmapKey(kvm, kvm.split.gfn, kvm.split.level);
  if (key >= kvm.rmap.length) return -1;
  for (let rest = kvm.rmap.at(key).bits; rest !== 0; rest = withoutLowest(rest)) {
    const sptep = lowestBit(rest);
    if (!isSkipped(kvm, sptep)) return sptep;
  }
  return -1;
};

/** The frames whose huge pages are split: the slot, or those of the word that is cleared. */
const splitRange = ({ dirty_log, geometry, rules }: Kvm): { start: number; end: number } => {
  const { base_gfn, npages } = geometry.dirty_log ?? { base_gfn: 0, npages: 0 };
  if (dirty_log.call !== 'clear') return { start: base_gfn, end: base_gfn + npages };
  const pages = dirty_log.word.bits;
  const last = base_gfn + 31 - Math.clz32(pages);
  const whole = rules.split_clear_range === 'last-page-included';
  return { start: base_gfn + lowestBit(pages), end: whole ? last + 1 : last };
};

/** Whether the huge pages of this guest are split before they are logged. */
export const isSplitDue = (kvm: Kvm): boolean =>
  hasSplits(kvm) && (kvm.nested || kvm.rules.split_scope === 'every-shadow-mmu');

/**
 * kvm_mmu_slot_try_split_huge_pages() is about to begin; kvm_mmu_try_split_huge_pages() begins at
 * once, under the lock of its caller.
 */
export const startSplit = (kvm: Kvm): void => {
  const { split, geometry } = kvm;
  split.level = geometry.levels;
  split.gfn = alignedGfn(geometry, splitRange(kvm).start, split.level);
  split.pc = 'start';
  if (kvm.dirty_log.call === 'clear') seek(kvm);
};

/** Goes on to the next rmap: the next run, or the first one of the level below. */
const toNextRmap = (kvm: Kvm): void => {
  const { split, geometry } = kvm;
  const { start: first, end } = splitRange(kvm);
  split.gfn += pagesPerLeaf(geometry, split.level);
  if (split.gfn < end) return;
  split.level -= 1;
  split.gfn = alignedGfn(geometry, first, split.level);
  // Series v2 keeps the flush of one level only.
  if (kvm.rules.split_entries === 'holes-flush-lost') split.flush = false;
};

/** Finds the next page to split, from the rmap that is looked at on; without any the walk ends. */
export const seek = (kvm: Kvm): void => {
  const { split } = kvm;
  for (; split.level > PG_LEVEL_4K; toNextRmap(kvm)) {
    const sptep = nextInRmap(kvm);
    if (sptep < 0) continue;
    split.sptep = sptep;
    split.pc = 'try';
    return;
  }
  // Who clears the log goes on under the same lock, with the next word if there is one.
  if (kvm.dirty_log.call === 'clear' && armAndTakeNext(kvm)) startSplit(kvm);
  else dropLock(kvm, 'idle');
};

/** Drops mmu_lock to go on at `pc`, after a flush that was put off until now. */
export const dropLock = (kvm: Kvm, pc: 'idle' | 'topup'): void => {
  const { split } = kvm;
  split.progressed = false;
  if (pc === 'idle' || kvm.rules.split_restart === 'when-unlocked') split.sptep = 0;
  if (!split.carried) split.child = 0;
  if (split.flush) split.pc = pc === 'idle' ? 'end' : 'break';
  else split.pc = pc;
  if (split.pc === 'idle') finish(kvm);
};

const finish = (kvm: Kvm): void => {
  const { split } = kvm;
  split.level = 0;
  split.gfn = 0;
  split.spare = false;
  split.carried = false;
  split.child = 0;
};

/** Takes mmu_lock to walk over the rmaps, from where it was before. */
export const takeLock = (kvm: Kvm): void => {
  const { split } = kvm;
  const keeps = split.pc === 'topup' && kvm.rules.split_restart === 'never';
  split.pc = 'try';
  if (!keeps) seek(kvm);
};

/** The split failed and is not to be tried again: the walk goes on with the next rmap. */
export const giveUpRmap = (kvm: Kvm): void => {
  if (kvm.rules.split_failure === 'next-rmap') toNextRmap(kvm);
  seek(kvm);
};
