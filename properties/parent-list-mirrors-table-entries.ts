/** parent_ptes of a page is the set of table entries that lead to it. */
import { sptepOf } from '../model/shadow/mmu-page.ts';
import { isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';
import { countEntries, firstPage, somePage } from './helpers/pages.ts';

/** The table entries that lead to a page, found by looking at all of them. */
const entriesTo = (kvm: Kvm, child: number): number => {
  let set = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const { spt } = kvm.sp.at(sp);
    for (let index = 0; index < spt.length; index += 1) {
      const spte = spt.get(index);
      if (isTableSpte(spte) && spte_to_child_sp(spte) === child)
        set |= 1 << sptepOf(kvm, sp, index);
    }
  }
  return set;
};

export const parentListMirrorsTableEntries = stateProperty({
  id: 'parent-list-mirrors-table-entries',
  brief: 'R3',
  says: 'The parent list of a page names exactly the table entries that lead to it.',
  why: 'Zapping clears what the list names: an entry that it misses leads to freed memory.',
  source: ['mmu_page_add_parent_pte()', 'drop_parent_pte()', 'kvm_mmu_unlink_parents()'],
  when: 'every-step',
  applies: (kvm) => countEntries(kvm, 'table') > 0,
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      const listed = page.parent_ptes.bits | 0;
      const actual = entriesTo(kvm, sp) | 0;
      if (listed === actual) return null;
      return { message: 'parent list and table entries differ', where: { sp, listed, actual } };
    }),
  witness: {
    says: 'a page has two parents',
    reached: (kvm) => somePage(kvm, (page) => page.parent_ptes.count() > 1),
  },
});
