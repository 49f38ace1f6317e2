/**
 * The NX huge page mitigation as a whole: switching it, and giving huge pages back.
 *
 * Kernel: set_nx_huge_pages(), kvm_recover_nx_huge_pages(). Actors: the writer of the parameter
 * (`sysfs`) and the recovery worker (`worker`).
 *
 * Cuts: storing the parameter; zapping under mmu_lock; the flush, with which the lock is dropped.
 *
 * Abstracts: how many pages a round of recovery takes (a budget), and its period. The worker breaks
 * the lock after each page: rounds that hold it longer only flush less often.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';
import { kvm_slot_dirty_track_enabled } from './dirty-log.ts';
import { isUnlocked, mayRun } from './lock.ts';
import { warn } from './mmu-page.ts';
import { unaccount_nx_huge_page } from './nx-list.ts';
import { isCommitDue, kvm_mmu_commit_zap_page, kvm_mmu_prepare_zap_page } from './zap.ts';

const hasToggles: ModelTransition['needs'] = ({ workload }) => workload.budget.nx_toggle > 0;
const hasRecovery: ModelTransition['needs'] = ({ workload }) => workload.budget.nx_recover > 0;

/** What was zapped under mmu_lock is flushed and freed before the lock is dropped. */
const flushIfDue = (kvm: Kvm): void => {
  kvm.nx.flushes = isCommitDue(kvm);
};

const set_nx_huge_pages: ModelTransition = {
  name: 'set_nx_huge_pages',
  says: 'Store the parameter: faults that begin from here on see the new value.',
  source: ['set_nx_huge_pages()'],
  actor: 'sysfs',
  over: [],
  needs: hasToggles,
  sure: never,
  step: (kvm) => {
    if (kvm.nx.zap_is_due || kvm.nx.flushes || kvm.budget.nx_toggle === 0) return false;
    if (!mayRun(kvm, -1)) return false;
    kvm.budget.nx_toggle -= 1;
    kvm.nx.nx_huge_pages = !kvm.nx.nx_huge_pages;
    kvm.nx.zap_is_due = kvm.rules.nx_toggle === 'zap-all';
    return true;
  },
};

const zap_all: ModelTransition = {
  name: 'set_nx_huge_pages.zap',
  says: 'Under mmu_lock, zap every shadow page; vCPUs let go of their roots before they run on.',
  source: ['set_nx_huge_pages()', 'kvm_mmu_zap_all_fast()'],
  actor: 'sysfs',
  over: [],
  needs: hasToggles,
  step: (kvm) => {
    if (!kvm.nx.zap_is_due || !isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    kvm.nx.zap_is_due = false;
    for (let sp = 0; sp < kvm.sp.length; sp += 1) {
      if (kvm.sp.at(sp).list === 'active') kvm_mmu_prepare_zap_page(kvm, sp);
    }
    flushIfDue(kvm);
    return true;
  },
};

/** A guest that repeats what faulted has been interfered with: it faults once more, and no more. */
const startCountingAnew = (kvm: Kvm): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.ghost_faults > 1) vcpu.ghost_faults = 1;
  }
};

const recover: ModelTransition = {
  name: 'kvm_recover_nx_huge_pages',
  says: 'Under mmu_lock, take the oldest page off the list of possible huge pages and zap it.',
  source: ['kvm_recover_nx_huge_pages()'],
  actor: 'worker',
  over: [],
  needs: hasRecovery,
  sure: never,
  step: (kvm) => {
    const sp = kvm.nx.possible_nx_huge_pages.get(0);
    if (sp === null || kvm.budget.nx_recover === 0) return false;
    if (!isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    kvm.budget.nx_recover -= 1;
    const page = kvm.sp.at(sp);
    if (!page.nx_huge_page_disallowed) warn(kvm, 'nx-list-holds-unflagged-page');
    unaccount_nx_huge_page(kvm, sp);
    // Where dirty pages are logged it would be mapped small again.
    if (!kvm_slot_dirty_track_enabled(kvm, page.gfn)) kvm_mmu_prepare_zap_page(kvm, sp);
    if (page.nx_huge_page_disallowed) warn(kvm, 'nx-page-stays-flagged');
    startCountingAnew(kvm);
    if (kvm.rules.nx_recover_flush === 'before-unlock') flushIfDue(kvm);
    return true;
  },
};

const flush: ModelTransition = {
  name: 'kvm_recover_nx_huge_pages.flush',
  says: 'Flush and free what was zapped for the mitigation, then drop mmu_lock.',
  source: ['kvm_mmu_remote_flush_or_zap()', 'kvm_mmu_commit_zap_page()'],
  actor: 'worker',
  over: [],
  needs: (config) => hasToggles(config) || hasRecovery(config),
  step: (kvm) => {
    if (!kvm.nx.flushes || !mayFlush(kvm, -1)) return false;
    kvm_mmu_commit_zap_page(kvm);
    kvm_flush_remote_tlbs(kvm);
    kvm.nx.flushes = false;
    return true;
  },
};

export const nxTransitions: readonly ModelTransition[] = [
  set_nx_huge_pages,
  zap_all,
  recover,
  flush,
];
