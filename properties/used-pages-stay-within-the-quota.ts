/** Shadow pages exceed their quota by no more than one fault may add. */
import { n_max_mmu_pages } from '../model/shadow/quota.ts';
import { stateProperty } from './property.ts';

export const usedPagesStayWithinTheQuota = stateProperty({
  id: 'used-pages-stay-within-the-quota',
  brief: 'A1, QUOTA',
  says:
    'The pages in use are at most n_max_mmu_pages, and those that a fault adds after the one ' +
    'that it made room for.',
  why: 'A guest that builds page tables for ever would take the memory of the host.',
  source: ['make_mmu_pages_available()', 'kvm_mmu_zap_oldest_mmu_pages()'],
  when: 'every-step',
  needs: ({ geometry }) => geometry.quota !== null,
  reads: ['arch'],
  applies: (kvm) => kvm.arch.n_used_mmu_pages > 0,
  check: (kvm) => {
    const used = kvm.arch.n_used_mmu_pages;
    // A fault adds a page for each level below the root.
    const most = n_max_mmu_pages(kvm) + kvm.geometry.levels - 2;
    return used <= most ? null : { message: 'the quota is exceeded', where: { used, most } };
  },
  witness: {
    says: 'the quota is used up',
    reads: ['arch'],
    reached: (kvm) => kvm.arch.n_used_mmu_pages >= n_max_mmu_pages(kvm),
  },
});
