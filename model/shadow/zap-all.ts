/**
 * Zapping all shadow pages at once: the old generation becomes obsolete in one step, and is taken
 * apart in batches between which mmu_lock is dropped.
 *
 * Kernel: kvm_mmu_zap_all_fast(), kvm_zap_obsolete_pages(). Actor: `ioctl`, which holds slots_lock
 * throughout, so that there are two generations at most.
 *
 * Cuts: the change of generation with the request to all vCPUs; each page; each break of the lock;
 * the flush with the freeing.
 *
 * Abstracts: BATCH_ZAP_PAGES is one page; whether the lock is contended is up to chance.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { finishUpdate } from '../host/memslots.ts';
import { isUnlocked, mayRun } from './lock.ts';
import { isAllocated, warn } from './mmu-page.ts';
import { activePage } from './page-list.ts';
import {
  kvm_mmu_commit_zap_page,
  kvm_mmu_prepare_zap_page,
  requestFreeObsoleteRoots,
} from './zap.ts';
import { mayFlush } from '../tlb/flush.ts';

const needs: ModelTransition['needs'] = ({ geometry }) => geometry.memslot !== null;

const zap_all_fast: ModelTransition = {
  name: 'kvm_mmu_zap_all_fast',
  says: 'Under mmu_lock, change the generation and make every vCPU let go of obsolete roots.',
  source: ['kvm_mmu_zap_all_fast()', 'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS'],
  actor: 'ioctl',
  over: [],
  needs,
  step: (kvm) => {
    if (kvm.memslots.pc !== 'zap-all' || !isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    for (let sp = 0; sp < kvm.sp.length; sp += 1) {
      const page = kvm.sp.at(sp);
      if (isAllocated(page)) page.obsolete = !page.obsolete;
    }
    if (kvm.rules.zap_all_request === 'all-vcpus') requestFreeObsoleteRoots(kvm);
    kvm.memslots.pc = 'zap';
    return true;
  },
};

/** Whether kvm_zap_obsolete_pages() stops at the oldest page. */
const isLast = (kvm: Kvm, sp: number): boolean =>
  kvm.rules.zap_all_until === 'none-obsolete' && !kvm.sp.at(sp).obsolete;

/** Continues an iteration that did not notice that its next page was zapped as a child. */
const continueAt = (kvm: Kvm, next: number | null): void => {
  if (kvm.rules.zap_all_restart === 'when-unstable' || next === null) return;
  if (kvm.sp.at(next).list !== 'active') kvm_mmu_prepare_zap_page(kvm, next);
};

const zap_obsolete_pages: ModelTransition = {
  name: 'kvm_zap_obsolete_pages',
  says: 'Zap the oldest page if it is obsolete; otherwise all of them are zapped.',
  source: ['kvm_zap_obsolete_pages()', '__kvm_mmu_prepare_zap_page()'],
  actor: 'ioctl',
  over: [],
  needs,
  step: (kvm) => {
    const { memslots } = kvm;
    const locks = memslots.pc === 'unlocked' && isUnlocked(kvm) && mayRun(kvm, -1);
    if (memslots.pc !== 'zap' && !locks) return false;
    memslots.pc = 'zap';
    const sp = activePage(kvm, 0);
    if (sp === null || isLast(kvm, sp)) {
      if (memslots.invalid_list.bits === 0) finish(kvm);
      else memslots.pc = 'commit';
      return true;
    }
    if (kvm.sp.at(sp).role.invalid) warn(kvm, 'invalid-page-on-active-list');
    const next = activePage(kvm, 1);
    kvm_mmu_prepare_zap_page(kvm, sp);
    continueAt(kvm, next);
    for (let i = 0; i < kvm.sp.length; i += 1) {
      if (kvm.sp.at(i).list === 'invalid_list') memslots.invalid_list.add(i);
    }
    return true;
  },
};

const yieldStep: ModelTransition = {
  name: 'kvm_zap_obsolete_pages.yield',
  says: 'Break mmu_lock between two obsolete pages; those zapped so far are not freed yet.',
  source: ['kvm_zap_obsolete_pages()', 'cond_resched_rwlock_write()'],
  actor: 'ioctl',
  over: [],
  needs: (config) => config.geometry.memslot !== null && config.workload.budget.lock_break > 0,
  sure: never,
  step: (kvm) => {
    const { memslots, budget } = kvm;
    if (memslots.pc !== 'zap' || memslots.invalid_list.bits === 0) return false;
    const sp = activePage(kvm, 0);
    if (budget.lock_break === 0 || sp === null || isLast(kvm, sp)) return false;
    budget.lock_break -= 1;
    memslots.pc = 'unlocked';
    return true;
  },
};

const commit: ModelTransition = {
  name: 'kvm_zap_obsolete_pages.commit',
  says: 'Flush, free the zapped pages and drop mmu_lock.',
  source: ['kvm_zap_obsolete_pages()', 'kvm_mmu_commit_zap_page()'],
  actor: 'ioctl',
  over: [],
  needs,
  step: (kvm) => {
    if (kvm.memslots.pc !== 'commit' || !mayFlush(kvm, -1)) return false;
    kvm.memslots.invalid_list.bits = 0;
    kvm_mmu_commit_zap_page(kvm);
    finish(kvm);
    return true;
  },
};

/** A wrap of the generation was on the way of an update; else the slot goes next. */
const finish = (kvm: Kvm): void => {
  if (kvm.memslots.update_in_progress) finishUpdate(kvm);
  else kvm.memslots.pc = 'publish';
};

export const zapAllTransitions: readonly ModelTransition[] = [
  zap_all_fast,
  zap_obsolete_pages,
  yieldStep,
  commit,
];
