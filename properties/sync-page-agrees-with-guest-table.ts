/** A page in sync grants nothing that the guest table behind it does not. */
import { isValid, readGuest } from '../model/shadow/mmu-page.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { gpte_to_gfn, is_large_pte, is_present_gpte } from '../model/gpte.ts';
import { is_last_spte, spteAccess } from '../model/spte.ts';
import type { Kvm, MmuPageView } from '../model/state.ts';
import { hex, stateProperty } from './property.ts';
import { firstEntry, grantable, isSettled, isStoreInFlight, somePage } from './helpers/pages.ts';

const agrees = (kvm: Kvm, page: MmuPageView, index: number, spte: number): boolean => {
  const pte = readGuest(kvm, page.gfn, index);
  if (!is_present_gpte(pte)) return false;
  if (!is_last_spte(spte)) return true;
  if (page.role.level > 1 && !is_large_pte(pte)) return false;
  if (kvm_mmu_page_get_gfn(kvm, page, index) !== gpte_to_gfn(pte)) return false;
  return (spteAccess(spte) & ~grantable(page, pte)) === 0;
};

export const syncPageAgreesWithGuestTable = stateProperty({
  id: 'sync-page-agrees-with-guest-table',
  brief: 'Y1',
  says:
    'Behind a present entry of a valid page in sync is a present guest entry, and a leaf has its ' +
    'gfn and at most its rights.',
  why:
    'Nobody syncs a page that is marked in sync: what is stale in it stays stale across every ' +
    'flush of the guest.',
  source: ['kvm_mmu_track_write()', 'FNAME(fetch)', 'FNAME(gpte_changed)', 'kvm_sync_page()'],
  when: 'unlocked',
  reads: ['sp', 'memory', 'host_pfn', 'ghost', 'vcpu.emulated'],
  applies: (kvm) => somePage(kvm, (page) => isValid(page) && !page.unsync),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!isSettled(kvm, page, index) || agrees(kvm, page, index, spte)) return null;
      return {
        message: 'an entry of a page in sync disagrees with the guest table',
        where: { sp, gfn: hex(page.gfn), level: page.role.level, index },
      };
    }),
  witness: {
    says: 'a store to a table shadowed in sync is in flight',
    reads: ['sp', 'vcpu.emulated'],
    reached: (kvm) =>
      firstEntry(kvm, (page, _sp, index) =>
        !page.unsync && isStoreInFlight(kvm, page.gfn, index) ? { message: '', where: {} } : null,
      ) !== null,
  },
});
