/**
 * The quota of shadow pages: who needs pages zaps the oldest ones when too few are left.
 *
 * Kernel: make_mmu_pages_available(), kvm_mmu_zap_oldest_mmu_pages(), kvm_mmu_available_pages().
 * Lock: mmu_lock for write.
 */
import type { Kvm } from '../state.ts';
import { activePage } from './page-list.ts';
import { kvm_mmu_prepare_zap_page } from './zap.ts';

/** The quota now. */
export const n_max_mmu_pages = (kvm: Kvm): number =>
  kvm.workload.budget.set_quota > 0 ? kvm.arch.n_max_mmu_pages : (kvm.geometry.quota?.n_max ?? 0);

/** kvm_mmu_available_pages(): how many more pages the quota grants. */
export const kvm_mmu_available_pages = (kvm: Kvm): number => {
  return Math.max(0, n_max_mmu_pages(kvm) - kvm.arch.n_used_mmu_pages);
};

const countZapped = (kvm: Kvm): number => {
  let n = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) if (kvm.sp.at(sp).list === 'invalid_list') n += 1;
  return n;
};

/**
 * kvm_mmu_zap_oldest_mmu_pages() up to the commit, which the caller makes: from the oldest page on,
 * over roots in use, until enough are zapped. Returns whether any was.
 */
export const kvm_mmu_zap_oldest_mmu_pages = (kvm: Kvm, enough: number): boolean => {
  const before = countZapped(kvm);
  for (let position = 0; countZapped(kvm) - before < enough;) {
    const sp = activePage(kvm, position);
    if (sp === null) break;
    if (kvm.sp.at(sp).root_count > 0 && kvm.rules.reclaim_roots === 'spared') {
      position += 1;
      continue;
    }
    const zapped = countZapped(kvm);
    kvm_mmu_prepare_zap_page(kvm, sp);
    // Others were zapped with it: the list may look different in front of it.
    if (countZapped(kvm) - zapped > 1) position = 0;
  }
  return countZapped(kvm) > before;
};

/** make_mmu_pages_available() without its last test, for who holds mmu_lock and needs pages. */
export const makeRoom = (kvm: Kvm): void => {
  const { quota } = kvm.geometry;
  if (quota === null) return;
  const available = kvm_mmu_available_pages(kvm);
  if (available < quota.min_free) kvm_mmu_zap_oldest_mmu_pages(kvm, quota.refill - available);
};

/** The last test of make_mmu_pages_available(): -ENOSPC when nothing could be zapped. */
export const hasRoom = (kvm: Kvm): boolean =>
  kvm.geometry.quota === null || kvm_mmu_available_pages(kvm) > 0;
