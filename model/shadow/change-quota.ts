/**
 * Userspace changes the quota of shadow pages.
 *
 * Kernel: kvm_mmu_change_mmu_pages() (KVM_SET_NR_MMU_PAGES). Lock: mmu_lock for write.
 *
 * Cuts: zapping the oldest pages; the flush and the freeing, with which the lock is dropped.
 *
 * Abstracts: values of the quota other than two.
 */
import { never, type ModelTransition } from '../transition.ts';
import { mayFlush } from '../tlb/flush.ts';
import { isUnlocked, mayRun } from './lock.ts';
import { kvm_mmu_zap_oldest_mmu_pages, n_max_mmu_pages } from './quota.ts';
import { isCommitDue, kvm_mmu_commit_zap_page } from './zap.ts';

const hasChanges: ModelTransition['needs'] = ({ workload }) => workload.budget.set_quota > 0;

const change_mmu_pages: ModelTransition = {
  name: 'kvm_mmu_change_mmu_pages',
  says:
    'Under mmu_lock, zap the oldest pages that a lower quota does not grant, and set the quota ' +
    'to no less than what is left.',
  source: ['kvm_mmu_change_mmu_pages()', 'KVM_SET_NR_MMU_PAGES'],
  actor: 'ioctl',
  over: [],
  sure: never,
  needs: hasChanges,
  step: (kvm) => {
    const { arch, budget, geometry, rules } = kvm;
    const locked = rules.quota_change === 'locked';
    if (budget.set_quota === 0 || (locked && !isUnlocked(kvm)) || !mayRun(kvm, -1)) return false;
    budget.set_quota -= 1;
    const { lowered = 1, n_max = 1 } = geometry.quota ?? {};
    const goal = n_max_mmu_pages(kvm) === n_max ? lowered : n_max;
    const many = arch.n_used_mmu_pages - goal;
    if (many > 0 && locked) kvm_mmu_zap_oldest_mmu_pages(kvm, many);
    arch.n_max_mmu_pages = Math.max(goal, arch.n_used_mmu_pages);
    if (locked && isCommitDue(kvm)) kvm.zapper.pc = 'free';
    return true;
  },
};

const free: ModelTransition = {
  name: 'kvm_mmu_zap_oldest_mmu_pages.commit',
  says: 'Flush, free the oldest pages that were zapped and drop mmu_lock.',
  source: ['kvm_mmu_zap_oldest_mmu_pages()', 'kvm_mmu_commit_zap_page()'],
  actor: 'ioctl',
  over: [],
  needs: hasChanges,
  step: (kvm) => {
    if (kvm.zapper.pc !== 'free' || !mayFlush(kvm, -1)) return false;
    kvm_mmu_commit_zap_page(kvm);
    kvm.zapper.pc = 'idle';
    return true;
  },
};

export const changeQuotaTransitions: readonly ModelTransition[] = [change_mmu_pages, free];
