/** The fourth check of the kernel's former auditor. */
import { lowestBit, withoutLowest } from '../model/bits.ts';
import {
  isValid,
  sp_has_gptes,
  spaceOfPage,
  spte_index,
  sptep_to_sp,
} from '../model/shadow/mmu-page.ts';
import { rmapKey } from '../model/shadow/rmap-key.ts';
import { PG_LEVEL_4K } from '../model/geometry.ts';
import { is_writable_pte } from '../model/spte.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { firstPage, somePage } from './helpers/pages.ts';

const writableIn = (kvm: Kvm, key: number): boolean => {
  for (let rest = kvm.rmap.at(key).bits; rest !== 0; rest = withoutLowest(rest)) {
    const sptep = lowestBit(rest);
    const spte = kvm.sp.at(sptep_to_sp(kvm, sptep)).spt.get(spte_index(kvm, sptep));
    if (is_writable_pte(spte)) return true;
  }
  return false;
};

export const auditSyncedTableIsNotWritable = stateProperty({
  id: 'audit-synced-table-is-not-writable',
  brief: 'audit 4',
  says: 'The rmap of a gfn that a valid page in sync shadows lists no writable leaf.',
  why: 'The guest could edit the table without KVM noticing.',
  source: ['mmu_audit.c audit_write_protection()'],
  when: 'unlocked',
  reads: ['sp', 'rmap'],
  applies: (kvm) => somePage(kvm, (page) => isValid(page) && sp_has_gptes(page) && !page.unsync),
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      if (!isValid(page) || !sp_has_gptes(page) || page.unsync) return null;
      if (!writableIn(kvm, rmapKey(kvm, page.gfn, PG_LEVEL_4K, spaceOfPage(page)))) return null;
      const where = { sp, gfn: hex(page.gfn) };
      return { message: 'a page in sync shadows a table that is mapped writable', where };
    }),
  witness: {
    says: 'a page is in sync',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => !page.unsync),
  },
});
