/** parent_ptes of a page is the set of table entries that lead to it. */
import { lowestBit, withoutLowest } from '../model/bits.ts';
import { spte_index, sptep_to_sp, sptepOf } from '../model/shadow/mmu-page.ts';
import { isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import type { Finding, Kvm } from './property.ts';
import { stateProperty } from './property.ts';
import { firstEntry, firstPage, hasEntry, somePage } from './helpers/pages.ts';

/** A table entry that the parent list of its child does not name. */
const unlisted = (kvm: Kvm): Finding | null =>
  firstEntry(kvm, (_page, sp, index, spte) => {
    if (!isTableSpte(spte)) return null;
    const child = spte_to_child_sp(spte);
    if (kvm.sp.at(child).parent_ptes.has(sptepOf(kvm, sp, index))) return null;
    return { message: 'a table entry is not in the parent list', where: { sp, index, child } };
  });

/** A member of a parent list that is no table entry, or leads to another page. */
const notAParent = (kvm: Kvm): Finding | null =>
  firstPage(kvm, (page, child) => {
    for (let rest = page.parent_ptes.bits; rest !== 0; rest = withoutLowest(rest)) {
      const sptep = lowestBit(rest);
      const sp = sptep_to_sp(kvm, sptep);
      const index = spte_index(kvm, sptep);
      const spte = kvm.sp.at(sp).spt.get(index);
      if (isTableSpte(spte) && spte_to_child_sp(spte) === child) continue;
      return { message: 'a parent list names no parent', where: { child, sp, index } };
    }
    return null;
  });

export const parentListMirrorsTableEntries = stateProperty({
  id: 'parent-list-mirrors-table-entries',
  brief: 'R3',
  says: 'The parent list of a page names exactly the table entries that lead to it.',
  why: 'Zapping clears what the list names: an entry that it misses leads to freed memory.',
  source: ['mmu_page_add_parent_pte()', 'drop_parent_pte()', 'kvm_mmu_unlink_parents()'],
  when: 'every-step',
  reads: ['sp'],
  applies: (kvm) => hasEntry(kvm, 'table'),
  check: (kvm) => unlisted(kvm) ?? notAParent(kvm),
  witness: {
    says: 'a page has two parents',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.parent_ptes.count() > 1),
  },
});
