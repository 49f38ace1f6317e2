/** What several properties ask about the NX huge page mitigation. */
import type { MmuPageView } from '../../model/state.ts';
import type { Kvm } from '../property.ts';

/**
 * The mitigation is on, and what was mapped before it was switched on is zapped. In between, KVM
 * knows of executable huge pages and has not kicked the vCPUs that use them; and a fault that began
 * before may still map huge where another one has split.
 */
export const isNxInForce = (kvm: Kvm): boolean => kvm.nx.nx_huge_pages && !kvm.nx.zap_is_due;

/** Whether some page flagged nx_huge_page_disallowed is such. */
export const someFlaggedPage = (
  kvm: Kvm,
  test: (page: MmuPageView, sp: number) => boolean,
): boolean => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.nx_huge_page_disallowed && test(page, sp)) return true;
  }
  return false;
};
