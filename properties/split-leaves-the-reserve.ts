/** Splitting leaves the pages that faults may need. */
import { kvm_mmu_available_pages } from '../model/shadow/quota.ts';
import { stepProperty } from './property.ts';

export const splitLeavesTheReserve = stepProperty({
  id: 'split-leaves-the-reserve',
  brief: 'A1, QUOTA',
  says: 'A page that is split leaves KVM_MIN_FREE_MMU_PAGES pages of the quota.',
  why:
    'Splitting is only ever a help: below the reserve each of its pages makes a fault zap one ' +
    'that is in use.',
  source: ['shadow_mmu_try_split_huge_page()', 'KVM_MIN_FREE_MMU_PAGES'],
  on: ['shadow_mmu_try_split_huge_page'],
  needs: ({ eager_page_split, geometry }) => eager_page_split && geometry.quota !== null,
  applies: (before, after) => after.arch.n_used_mmu_pages > before.arch.n_used_mmu_pages,
  check: (before, after) => {
    const left = kvm_mmu_available_pages(after);
    const least = after.geometry.quota?.min_free ?? 0;
    if (after.arch.n_used_mmu_pages <= before.arch.n_used_mmu_pages || left >= least) return null;
    return { message: 'a split goes below the reserve', where: { left, least } };
  },
  witness: {
    says: 'a huge page is up for splitting, and only the reserve is left',
    reads: ['split', 'arch'],
    reached: (kvm) =>
      kvm.split.pc === 'try' && kvm_mmu_available_pages(kvm) <= (kvm.geometry.quota?.min_free ?? 0),
  },
});
