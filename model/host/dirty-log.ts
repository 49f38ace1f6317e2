/**
 * Userspace switches dirty logging of a slot on and off, and asks for the pages written.
 *
 * Kernel: kvm_update_flags_memslot(), kvm_mmu_slot_apply_flags(), kvm_get_dirty_log_protect(),
 * kvm_clear_dirty_log_protect(). The walks over the slot are in `dirty-log-walks.ts`.
 * Actor: `ioctl`, which holds slots_lock throughout.
 *
 * Cuts: publishing the slot with its new flags; the end of the wait for those who may still use the
 * old one; each section under mmu_lock; the flush, when the lock is dropped already.
 *
 * A section that only write-protects is one step and takes and drops mmu_lock in it: rights shrink,
 * so that whatever hardware loads in between it could have loaded before. The words of one call are
 * harvested together, because nobody who marks pages without mmu_lock can tell. Where clearing a
 * word splits huge pages first, which may drop mmu_lock, they are harvested one after the other.
 *
 * Abstracts: copying to userspace; the check of arguments; the dirty ring.
 */
import type { Config } from '../config.ts';
import type { ClearDirtyLog, DirtyLog } from '../geometry.ts';
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { maySwap } from './memslots.ts';
import { finish, hasSwitch, mayLock } from './dirty-log-walks.ts';
import { awaitReaders, isSlotsLockFree, isSrcuAwaited } from './srcu.ts';
import {
  allPages,
  armWord,
  publishLogDirty,
  takeFirstWord,
  takeWord,
  wordAt,
} from '../shadow/dirty-log.ts';
import { isSplitDue, startSplit } from '../shadow/split-walk.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';

const hasHarvest = ({ workload }: Config): boolean => workload.budget.harvest > 0;

const update_flags: ModelTransition = {
  name: 'kvm_update_flags_memslot',
  says: 'Publish the slot with dirty logging switched on, with an empty or full bitmap, or off.',
  source: ['kvm_update_flags_memslot()', 'kvm_prepare_memory_region()', 'kvm_activate_memslot()'],
  actor: 'ioctl',
  over: [],
  needs: hasSwitch,
  sure: never,
  step: (kvm) => {
    const { budget, dirty_log, geometry } = kvm;
    if (budget.log_dirty === 0 || !isSlotsLockFree(kvm) || !maySwap(kvm)) return false;
    budget.log_dirty -= 1;
    const enables = !dirty_log.enabled;
    dirty_log.call = enables ? 'enable' : 'disable';
    dirty_log.pc = 'srcu';
    publishLogDirty(kvm, enables);
    if (geometry.dirty_log !== null) dirty_log.harvest.bits = allPages(geometry.dirty_log);
    awaitReaders(kvm);
    return true;
  },
};

const apply_flags: ModelTransition = {
  name: 'kvm_mmu_slot_apply_flags',
  says:
    'With nobody left who may use the old slot, go on to protect it, or to recover huge pages; ' +
    'with a full bitmap nothing needs protection.',
  source: ['kvm_mmu_slot_apply_flags()', 'kvm_activate_memslot()', 'synchronize_srcu()'],
  actor: 'ioctl',
  over: [],
  needs: hasSwitch,
  step: (kvm) => {
    const { dirty_log, geometry, rules } = kvm;
    if (dirty_log.pc !== 'srcu') return false;
    if (isSrcuAwaited(kvm) && rules.log_dirty_srcu === 'awaited') return false;
    if (dirty_log.call === 'disable') {
      if (rules.recover === 'none') finish(kvm);
      else dirty_log.pc = 'recover';
      return true;
    }
    const isArmed = geometry.dirty_log?.protect === 'initially-set';
    if (isArmed || rules.enable_protect === 'none') {
      finish(kvm);
      return true;
    }
    dirty_log.pc = geometry.dirty_log?.pml === 'none' ? 'protect' : 'clear-dirty';
    if (isSplitDue(kvm)) startSplit(kvm);
    return true;
  },
};

/** Ends a section that took pages from the bitmap and armed the log for them. */
const flushIfHarvested = (kvm: Kvm): void => {
  if (kvm.dirty_log.harvest.bits === 0) finish(kvm);
  else kvm.dirty_log.pc = 'flush';
};

/** One word of the bitmap: its pages are taken from the log, and logging of them is armed again. */
const harvestWord = (kvm: Kvm, slot: DirtyLog, mask: number): void => {
  takeWord(kvm, mask);
  armWord(kvm, slot, mask);
};

/** Whether userspace clears the log by a call of its own. */
const clears = (config: Config): boolean =>
  hasHarvest(config) && config.geometry.dirty_log?.protect !== 'get';

const get_dirty_log: ModelTransition = {
  name: 'kvm_get_dirty_log_protect',
  says: 'Under mmu_lock, take all dirty pages from the bitmap and write-protect them again.',
  source: ['kvm_get_dirty_log_protect()', 'kvm_arch_mmu_enable_log_dirty_pt_masked()'],
  actor: 'ioctl',
  over: [],
  needs: (config) => hasHarvest(config) && config.geometry.dirty_log?.protect === 'get',
  sure: never,
  step: (kvm) => {
    const { budget, dirty_log, geometry } = kvm;
    const slot = geometry.dirty_log;
    if (slot === null || !dirty_log.enabled || dirty_log.dirty_bitmap.bits === 0) return false;
    if (budget.harvest === 0 || !isSlotsLockFree(kvm) || !mayLock(kvm)) return false;
    budget.harvest -= 1;
    dirty_log.call = 'get';
    for (let offset = 0; offset < slot.npages; offset += slot.word) {
      harvestWord(kvm, slot, dirty_log.dirty_bitmap.bits & wordAt(slot, offset));
    }
    flushIfHarvested(kvm);
    return true;
  },
};

/** The pages of the words that a call is for. */
const wordsOf = (kvm: Kvm, slot: DirtyLog, { first_page, num_pages }: ClearDirtyLog): number => {
  const round = kvm.rules.clear_words === 'rounded-up' ? Math.ceil : Math.floor;
  let pages = 0;
  for (let n = round(num_pages / slot.word), i = 0; i < n; i += 1) {
    pages |= wordAt(slot, first_page + i * slot.word);
  }
  return pages;
};

/** Where huge pages were left alone so far, those of each word are split before it is armed. */
const splitAndArm = (kvm: Kvm, asked: number): void => {
  if (!takeFirstWord(kvm, asked)) {
    finish(kvm);
    return;
  }
  kvm.dirty_log.pc = 'protect';
  startSplit(kvm);
};

const get_dirty_log_manual: ModelTransition = {
  name: 'kvm_get_dirty_log_protect.manual',
  says: 'With manual protection, without mmu_lock, copy the bitmap and leave it as it is.',
  source: ['kvm_get_dirty_log_protect()', 'KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2'],
  actor: 'ioctl',
  over: [],
  needs: clears,
  sure: never,
  step: (kvm) => {
    const { dirty_log, rules } = kvm;
    if (!dirty_log.enabled || dirty_log.dirty_bitmap.bits === 0) return false;
    if (!isSlotsLockFree(kvm)) return false;
    if (rules.get_manual === 'takes') dirty_log.dirty_bitmap.bits = 0;
    return true;
  },
};

const clear_dirty_log: ModelTransition = {
  name: 'kvm_clear_dirty_log_protect',
  says: 'Under mmu_lock, take the pages asked for from the bitmap and write-protect them again.',
  source: ['kvm_clear_dirty_log_protect()', 'kvm_arch_mmu_enable_log_dirty_pt_masked()'],
  actor: 'ioctl',
  over: ['clear'],
  needs: clears,
  sure: never,
  step: (kvm, number) => {
    const { budget, dirty_log, geometry } = kvm;
    const slot = geometry.dirty_log;
    const asked = slot?.clears[number];
    if (slot === null || asked === undefined || !dirty_log.enabled) return false;
    if (budget.harvest === 0 || !isSlotsLockFree(kvm) || !mayLock(kvm)) return false;
    const pages = asked.pages.reduce((bits, page) => bits | (1 << page), 0);
    if ((pages & dirty_log.dirty_bitmap.bits) === 0) return false;
    budget.harvest -= 1;
    dirty_log.call = 'clear';
    const within = pages & wordsOf(kvm, slot, asked);
    if (isSplitDue(kvm) && slot.protect === 'initially-set') {
      splitAndArm(kvm, within);
      return true;
    }
    for (let offset = 0; offset < slot.npages; offset += slot.word) {
      harvestWord(kvm, slot, dirty_log.dirty_bitmap.bits & within & wordAt(slot, offset));
    }
    flushIfHarvested(kvm);
    return true;
  },
};

const flush: ModelTransition = {
  name: 'kvm_flush_remote_tlbs_memslot',
  says: 'Without mmu_lock, flush what was write-protected, and return to userspace.',
  source: ['kvm_mmu_slot_apply_flags()', 'kvm_flush_remote_tlbs_memslot()'],
  actor: 'ioctl',
  over: [],
  needs: (config) => hasSwitch(config) || hasHarvest(config),
  step: (kvm) => {
    if (kvm.dirty_log.pc !== 'flush' || !mayFlush(kvm, -1)) return false;
    if (kvm.rules.dirty_log_flush === 'before-return') kvm_flush_remote_tlbs(kvm);
    finish(kvm);
    return true;
  },
};

export const dirtyLogTransitions: readonly ModelTransition[] = [
  update_flags,
  apply_flags,
  get_dirty_log,
  get_dirty_log_manual,
  clear_dirty_log,
  flush,
];
