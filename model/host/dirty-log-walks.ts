/**
 * The walks over a slot by which dirty logging begins and ends.
 *
 * Kernel: kvm_mmu_slot_leaf_clear_dirty(), kvm_mmu_slot_remove_write_access(),
 * kvm_mmu_recover_huge_pages(), __walk_slot_rmaps(). Actor: `ioctl`, which holds slots_lock.
 *
 * Cuts: each section under mmu_lock; the flush of what was zapped, with which the lock is dropped.
 * A section that only write-protects is one step, which takes and drops the lock.
 *
 * Abstracts: whether the lock is contended is up to chance; a section ends after the rmap of one
 * page at most as often as the budget allows.
 */
import type { Config } from '../config.ts';
import { PG_LEVEL_2M, PG_LEVEL_4K } from '../geometry.ts';
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { armLeaves, slotRmaps, zapCollapsible } from '../shadow/dirty-log.ts';
import { isUnlocked, mayRun } from '../shadow/lock.ts';
import { rmap_write_protect } from '../shadow/rmap.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';

export const hasSwitch = ({ workload }: Config): boolean => workload.budget.log_dirty > 0;

export const mayLock = (kvm: Kvm): boolean => isUnlocked(kvm) && mayRun(kvm, -1);

/** Whether a section may begin that comes after huge pages are split. */
const mayProtect = (kvm: Kvm): boolean => kvm.split.pc === 'idle' && mayLock(kvm);

/** The call returns to userspace. */
export const finish = (kvm: Kvm): void => {
  kvm.dirty_log.pc = 'idle';
  kvm.dirty_log.call = 'enable';
  kvm.dirty_log.harvest.bits = 0;
};

/** With PML, small leaves and those above 4K are armed in two sections. */
const startLevel = ({ geometry }: Kvm): number =>
  geometry.dirty_log?.pml === 'none' ? PG_LEVEL_4K : PG_LEVEL_2M;

const leaf_clear_dirty: ModelTransition = {
  name: 'kvm_mmu_slot_leaf_clear_dirty',
  says:
    'With PML, under mmu_lock, arm logging of every small leaf of the slot by the dirty flag, or ' +
    'in tables of a nested guest by the write right.',
  source: ['kvm_mmu_slot_leaf_clear_dirty()', '__rmap_clear_dirty()'],
  actor: 'ioctl',
  over: [],
  needs: (config) => hasSwitch(config) && config.geometry.dirty_log?.pml !== 'none',
  step: (kvm) => {
    const { dirty_log, geometry } = kvm;
    const slot = geometry.dirty_log;
    if (slot === null || dirty_log.pc !== 'clear-dirty' || !mayProtect(kvm)) return false;
    for (let page = 0; page < slot.npages; page += 1) armLeaves(kvm, slot.base_gfn + page);
    dirty_log.pc = 'protect';
    return true;
  },
};

const remove_write_access: ModelTransition = {
  name: 'kvm_mmu_slot_remove_write_access',
  says: 'Under mmu_lock, take the write right from every leaf of the slot that is left.',
  source: ['kvm_mmu_slot_remove_write_access()', 'slot_rmap_write_protect()'],
  actor: 'ioctl',
  over: [],
  needs: hasSwitch,
  step: (kvm) => {
    const { dirty_log } = kvm;
    if (dirty_log.pc !== 'protect' || !mayProtect(kvm)) return false;
    for (const key of slotRmaps(kvm, startLevel(kvm)).slice(dirty_log.cursor)) {
      rmap_write_protect(kvm, key, false);
    }
    dirty_log.cursor = 0;
    dirty_log.pc = 'flush';
    return true;
  },
};

/**
 * Moves the cursor behind the first rmap for which `visit` finds work; returns whether there was
 * one, with others behind it.
 */
const advance = (kvm: Kvm, start_level: number, visit: (key: number) => boolean): boolean => {
  const keys = slotRmaps(kvm, start_level);
  for (let i = kvm.dirty_log.cursor; i + 1 < keys.length; i += 1) {
    if (!visit(keys[i] ?? 0)) continue;
    kvm.dirty_log.cursor = i + 1;
    return true;
  }
  return false;
};

const hasBreaks = (config: Config): boolean =>
  hasSwitch(config) && config.workload.budget.lock_break > 0;

const remove_write_access_yield: ModelTransition = {
  name: 'kvm_mmu_slot_remove_write_access.yield',
  says: 'Under mmu_lock, take the write right from the leaves of one page, and break the lock.',
  source: ['__walk_slot_rmaps()', 'cond_resched_rwlock_write()'],
  actor: 'ioctl',
  over: [],
  needs: hasBreaks,
  sure: never,
  step: (kvm) => {
    const { dirty_log, budget } = kvm;
    if (dirty_log.pc !== 'protect' || !mayProtect(kvm)) return false;
    if (budget.lock_break === 0) return false;
    const protect = (key: number): boolean => {
      if (kvm.rmap.at(key).bits === 0) return false;
      rmap_write_protect(kvm, key, false);
      return true;
    };
    if (!advance(kvm, startLevel(kvm), protect)) return false;
    budget.lock_break -= 1;
    return true;
  },
};

/** Whether what was zapped keeps mmu_lock until it is flushed. */
const flushZapped = (kvm: Kvm): void => {
  if (kvm.rules.recover_flush === 'before-unlock') kvm.dirty_log.pc = 'recover-flush';
  else if (kvm.dirty_log.cursor === 0) finish(kvm);
};

const recover: ModelTransition = {
  name: 'kvm_mmu_recover_huge_pages',
  says: 'Under mmu_lock, zap every small leaf that is left and that a huge one could replace.',
  source: ['kvm_mmu_recover_huge_pages()', 'kvm_mmu_zap_collapsible_spte()'],
  actor: 'ioctl',
  over: [],
  needs: hasSwitch,
  step: (kvm) => {
    const { dirty_log } = kvm;
    if (dirty_log.pc !== 'recover' || !mayLock(kvm)) return false;
    let zapped = false;
    for (const key of slotRmaps(kvm, PG_LEVEL_4K).slice(dirty_log.cursor)) {
      if (zapCollapsible(kvm, key)) zapped = true;
    }
    dirty_log.cursor = 0;
    if (zapped) flushZapped(kvm);
    else finish(kvm);
    return true;
  },
};

const recover_yield: ModelTransition = {
  name: 'kvm_mmu_recover_huge_pages.yield',
  says: 'Under mmu_lock, zap the leaves of one page that a huge one could replace; then break it.',
  source: ['__walk_slot_rmaps()', 'cond_resched_rwlock_write()'],
  actor: 'ioctl',
  over: [],
  needs: hasBreaks,
  sure: never,
  step: (kvm) => {
    const { dirty_log, budget } = kvm;
    if (dirty_log.pc !== 'recover' || !mayLock(kvm) || budget.lock_break === 0) return false;
    if (!advance(kvm, PG_LEVEL_4K, (key) => zapCollapsible(kvm, key))) return false;
    budget.lock_break -= 1;
    flushZapped(kvm);
    return true;
  },
};

const recover_flush: ModelTransition = {
  name: 'kvm_mmu_recover_huge_pages.flush',
  says: 'Flush what was zapped and drop mmu_lock; return to userspace when the walk is done.',
  source: ['kvm_rmap_zap_collapsible_sptes()', 'kvm_flush_remote_tlbs_memslot()'],
  actor: 'ioctl',
  over: [],
  needs: hasSwitch,
  step: (kvm) => {
    const { dirty_log } = kvm;
    if (dirty_log.pc !== 'recover-flush' || !mayFlush(kvm, -1)) return false;
    kvm_flush_remote_tlbs(kvm);
    if (dirty_log.cursor === 0) finish(kvm);
    else dirty_log.pc = 'recover';
    return true;
  },
};

export const dirtyLogWalks: readonly ModelTransition[] = [
  leaf_clear_dirty,
  remove_write_access,
  remove_write_access_yield,
  recover,
  recover_yield,
  recover_flush,
];
