/** The number of used pages is that of the pages that count against the quota. */
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';

/** Active pages, and roots in use that were zapped: all that is not about to be freed. */
const recount = (kvm: Kvm): number => {
  let n = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const { list } = kvm.sp.at(sp);
    if (list === 'active' || list === 'none') n += 1;
  }
  return n;
};

export const usedPagesEqualARecount = stateProperty({
  id: 'used-pages-equal-a-recount',
  brief: 'A1, ACCT',
  says: 'n_used_mmu_pages is the number of pages on the active list and of zapped roots in use.',
  why: 'Counted too high, faults zap what they need; too low, shadow pages grow without bound.',
  source: ['kvm_account_mmu_page()', 'kvm_unaccount_mmu_page()', '__kvm_mmu_prepare_zap_page()'],
  when: 'every-step',
  needs: ({ geometry }) => geometry.quota !== null,
  reads: ['sp', 'arch'],
  applies: (kvm) => kvm.arch.n_used_mmu_pages > 0,
  check: (kvm) => {
    const counted = kvm.arch.n_used_mmu_pages;
    const pages = recount(kvm);
    return counted === pages
      ? null
      : { message: 'n_used_mmu_pages is off', where: { counted, pages } };
  },
  witness: {
    says: 'the quota is used up',
    reads: ['arch'],
    reached: (kvm) => kvm.arch.n_used_mmu_pages >= (kvm.geometry.quota?.n_max ?? 0),
  },
});
