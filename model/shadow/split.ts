/**
 * Eager page splitting: before a slot is logged, its huge pages are split, largest first.
 *
 * Kernel: kvm_mmu_slot_try_split_huge_pages(), kvm_shadow_mmu_try_split_huge_pages(),
 * shadow_mmu_try_split_huge_pages(), shadow_mmu_try_split_huge_page(), topup_split_caches().
 * Actor: `ioctl`, no vCPU. Lock: slots_lock; mmu_lock for write, dropped between two pages.
 *
 * Cuts: each page; the flush and the freeing of what the lookup zapped; the flush of the huge leaf,
 * after which nothing is in its place, and the link; dropping mmu_lock before a page; taking it
 * again with full caches.
 *
 * The walk goes by level, by rmap, and over each rmap anew after each page and after mmu_lock was
 * dropped.
 *
 * Abstracts: whether the lock is contended or a task waits for the processor is up to chance. Of
 * the second and third series of the patches, the page that is allocated without mmu_lock.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { hasSplits } from '../layout/split.ts';
import { is_last_spte } from '../spte.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';
import { isUnlocked, mayRun } from './lock.ts';
import { need_topup_split_caches, topup_split_caches } from './memory-cache.ts';
import { warn } from './mmu-page.ts';
import { dropHuge, fillSmallPages, linkOverHuge, linkSmall } from './split-page.ts';
import { hasPage, isReserveReached, isTargetThere, takePage } from './split-target.ts';
import { dropLock, giveUpRmap, seek, spteAt, takeLock } from './split-walk.ts';
import { isCommitDue, kvm_mmu_commit_zap_page } from './zap.ts';

/** Whether pages are allocated when they are needed (series v2 and v3). */
const allocatesLate: ModelTransition['needs'] = ({ rules }) => rules.split_alloc !== 'from-caches';

const start: ModelTransition = {
  name: 'kvm_mmu_slot_try_split_huge_pages',
  says: 'Take mmu_lock and look for the first huge page of the slot, largest level first.',
  source: ['kvm_mmu_slot_try_split_huge_pages()', 'kvm_shadow_mmu_try_split_huge_pages()'],
  actor: 'ioctl',
  over: [],
  needs: hasSplits,
  step: (kvm) => {
    if (kvm.split.pc !== 'start' || !isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    takeLock(kvm);
    return true;
  },
};

const try_split: ModelTransition = {
  name: 'shadow_mmu_try_split_huge_page',
  says:
    'With pages in reserve and full caches, put a page of smaller ones in the place of the huge ' +
    'page; without, give its rmap up, or drop mmu_lock to fill the caches.',
  source: [
    'shadow_mmu_try_split_huge_page()',
    'shadow_mmu_split_huge_page()',
    'shadow_mmu_get_sp_for_split()',
  ],
  actor: 'ioctl',
  over: [],
  needs: hasSplits,
  step: (kvm) => {
    const { split, rules } = kvm;
    if (split.pc !== 'try') return false;
    if (!is_last_spte(spteAt(kvm, split.sptep))) {
      // make_small_spte() has a KVM_BUG_ON().
      warn(kvm, 'split-of-what-is-not-huge');
      giveUpRmap(kvm);
    } else if (!hasPage(kvm) && isReserveReached(kvm)) giveUpRmap(kvm);
    else if (need_topup_split_caches(kvm)) dropLock(kvm, 'topup');
    else if (rules.split_existing === 'refuse' && isTargetThere(kvm, split.sptep)) giveUpRmap(kvm);
    else {
      split.spare = false;
      const flush = takePage(kvm);
      if (flush || isCommitDue(kvm)) split.pc = 'commit';
      else putInPlace(kvm);
    }
    return true;
  },
};

/** The second half of shadow_mmu_split_huge_page(). */
const putInPlace = (kvm: Kvm): void => {
  const { split, rules } = kvm;
  if (rules.split_page !== 'used-at-once' && !split.carried) {
    split.carried = true;
    split.pc = 'try';
    return;
  }
  const flush = fillSmallPages(kvm, split.child, spteAt(kvm, split.sptep));
  if (flush) {
    dropHuge(kvm, split.sptep);
    split.pc = 'flush';
    return;
  }
  linkOverHuge(kvm, split.sptep, split.child);
  afterSplit(kvm);
};

const afterSplit = (kvm: Kvm): void => {
  const { split, rules } = kvm;
  split.child = 0;
  split.carried = false;
  if (rules.split_break === 'after-progress') split.progressed = true;
  seek(kvm);
};

const commit: ModelTransition = {
  name: 'shadow_mmu_get_sp_for_split.commit',
  says: 'Flush and free what the lookup of the page zapped, then fill the page and link it.',
  source: ['kvm_mmu_find_shadow_page()', 'kvm_mmu_commit_zap_page()'],
  actor: 'ioctl',
  over: [],
  needs: hasSplits,
  step: (kvm) => {
    if (kvm.split.pc !== 'commit' || !mayFlush(kvm, -1)) return false;
    kvm_mmu_commit_zap_page(kvm);
    kvm_flush_remote_tlbs(kvm);
    putInPlace(kvm);
    return true;
  },
};

const flush: ModelTransition = {
  name: 'shadow_mmu_split_huge_page.flush',
  says: 'Flush after the huge leaf was dropped, before the page is linked in its place.',
  source: ['__link_shadow_page()', 'kvm_flush_remote_tlbs_sptep()'],
  actor: 'ioctl',
  over: [],
  needs: hasSplits,
  step: (kvm) => {
    if (kvm.split.pc !== 'flush' || !mayFlush(kvm, -1)) return false;
    kvm_flush_remote_tlbs(kvm);
    kvm.split.pc = 'link';
    return true;
  },
};

const link: ModelTransition = {
  name: 'shadow_mmu_split_huge_page.link',
  says: 'Store the table entry that leads to the smaller pages, after the flush.',
  source: ['__link_shadow_page()'],
  actor: 'ioctl',
  over: [],
  needs: hasSplits,
  step: (kvm) => {
    const { split } = kvm;
    if (split.pc !== 'link') return false;
    linkSmall(kvm, split.sptep, split.child);
    afterSplit(kvm);
    return true;
  },
};

/** Series v2 puts a flush off until it drops mmu_lock. */
const late_flush: ModelTransition = {
  name: 'shadow_mmu_try_split_huge_pages.flush',
  says: 'Flush what was left empty, before mmu_lock is dropped (series v2).',
  source: ['eager page splitting, series v2 (2022)'],
  actor: 'ioctl',
  over: [],
  needs: (config) => hasSplits(config) && config.rules.split_entries !== 'all',
  step: (kvm) => {
    const { split } = kvm;
    if ((split.pc !== 'break' && split.pc !== 'end') || !mayFlush(kvm, -1)) return false;
    kvm_flush_remote_tlbs(kvm);
    split.flush = false;
    dropLock(kvm, split.pc === 'end' ? 'idle' : 'topup');
    return true;
  },
};

/** Whether mmu_lock may be dropped before the next page; for ever where contention lasts. */
const mayBreak = (kvm: Kvm): boolean => {
  const { split, budget, rules } = kvm;
  if (split.pc !== 'try') return false;
  if (rules.split_break === 'after-progress' && !split.progressed) return false;
  return kvm.lasting_contention || budget.lock_break > 0;
};

const yieldStep: ModelTransition = {
  name: 'shadow_mmu_try_split_huge_page.yield',
  says: 'Drop mmu_lock before the next page, because others wait for it or for the processor.',
  source: ['need_topup_split_caches_or_resched()', 'cond_resched()'],
  actor: 'ioctl',
  over: [],
  needs: (config) =>
    hasSplits(config) && (config.lasting_contention || config.workload.budget.lock_break > 0),
  step: (kvm) => {
    if (!mayBreak(kvm)) return false;
    if (!kvm.lasting_contention) kvm.budget.lock_break -= 1;
    dropLock(kvm, 'topup');
    return true;
  },
};

const topup: ModelTransition = {
  name: 'topup_split_caches',
  says: 'Without mmu_lock fill the caches, then take it again; the walk over the rmap restarts.',
  source: ['topup_split_caches()', 'shadow_mmu_try_split_huge_pages()'],
  actor: 'ioctl',
  over: [],
  needs: hasSplits,
  step: (kvm) => {
    if (kvm.split.pc !== 'topup' || !isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    topup_split_caches(kvm);
    if (kvm.rules.split_alloc !== 'from-caches') allocateSpare(kvm);
    takeLock(kvm);
    return true;
  },
};

/** Series v2 and v3 allocate a page whenever they are without mmu_lock. */
const allocateSpare = (kvm: Kvm): void => {
  const { split } = kvm;
  if (split.spare && kvm.rules.split_spare === 'overwritten') split.ghost_lost_page = true;
  split.spare = true;
};

const topup_fails: ModelTransition = {
  name: 'topup_split_caches.fail',
  says: 'A cache cannot be filled: mmu_lock is taken again, and the rmap given up.',
  source: ['topup_split_caches()', 'shadow_mmu_try_split_huge_pages()'],
  actor: 'ioctl',
  over: [],
  needs: (config) => hasSplits(config) && config.workload.budget.alloc_failure > 0,
  sure: never,
  step: (kvm) => {
    const { split, budget } = kvm;
    if (split.pc !== 'topup' || budget.alloc_failure === 0) return false;
    if (!isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    budget.alloc_failure -= 1;
    giveUpRmap(kvm);
    return true;
  },
};

const alloc_fails: ModelTransition = {
  name: 'shadow_mmu_try_split_huge_page.alloc_fails',
  says: 'No page can be had without sleeping: drop mmu_lock to allocate one (series v2 and v3).',
  source: ['eager page splitting, series v2 and v3 (2022)'],
  actor: 'ioctl',
  over: [],
  needs: (config) =>
    hasSplits(config) && allocatesLate(config) && config.workload.budget.alloc_failure > 0,
  sure: never,
  step: (kvm) => {
    const { split, budget } = kvm;
    if (split.pc !== 'try' || split.spare || budget.alloc_failure === 0) return false;
    budget.alloc_failure -= 1;
    if (kvm.rules.split_alloc === 'under-the-lock') {
      dropLock(kvm, 'topup');
      return true;
    }
    warn(kvm, 'split-without-page');
    giveUpRmap(kvm);
    return true;
  },
};

export const splitTransitions: readonly ModelTransition[] = [
  start,
  try_split,
  yieldStep,
  commit,
  flush,
  link,
  late_flush,
  topup,
  topup_fails,
  alloc_fails,
];
