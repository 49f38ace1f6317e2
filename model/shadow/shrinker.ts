/**
 * The shrinker that Linux had until 6.12: under memory pressure it zaps the oldest shadow pages of
 * some VM, at any time.
 *
 * Kernel: mmu_shrink_scan(), kvm_mmu_zap_oldest_mmu_pages(). Actor: `worker`, for whoever reclaims
 * memory. Lock: mmu_lock for write.
 *
 * One step with its flush: entries only go away, so that whatever hardware loads between the zap
 * and the flush it could have loaded before.
 *
 * Abstracts: how many pages a scan takes: one, and what goes with it.
 */
import { never, type ModelTransition } from '../transition.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';
import { isUnlocked, mayRun } from './lock.ts';
import { kvm_mmu_zap_oldest_mmu_pages } from './quota.ts';
import { isCommitDue, kvm_mmu_commit_zap_page } from './zap.ts';

const mmu_shrink_scan: ModelTransition = {
  name: 'mmu_shrink_scan',
  says: 'Under mmu_lock, zap the oldest page that is no root in use, flush and free it.',
  source: ['mmu_shrink_scan()', 'kvm_mmu_zap_oldest_mmu_pages()'],
  actor: 'worker',
  over: [],
  needs: ({ rules, workload }) => rules.shrinker === 'oldest-pages' && workload.budget.shrink > 0,
  sure: never,
  step: (kvm) => {
    if (kvm.budget.shrink === 0 || !isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    if (!mayFlush(kvm, -1) || !kvm_mmu_zap_oldest_mmu_pages(kvm, 1)) return false;
    kvm.budget.shrink -= 1;
    if (isCommitDue(kvm)) kvm_mmu_commit_zap_page(kvm);
    kvm_flush_remote_tlbs(kvm);
    return true;
  },
};

export const shrinkerTransitions: readonly ModelTransition[] = [mmu_shrink_scan];
