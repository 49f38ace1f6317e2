/** Whoever walks down from a root finds every unsync page by following marks. */
import { isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import { stateProperty } from './property.ts';
import { firstEntry, somePage } from './helpers/pages.ts';

export const unsyncPageIsMarkedInItsAncestors = stateProperty({
  id: 'unsync-page-is-marked-in-its-ancestors',
  brief: 'P3',
  says:
    'A table entry that leads to a page that is unsync, or has unsync pages below, is marked in ' +
    'unsync_child_bitmap.',
  why: 'A flush of the guest syncs what the marks lead to; a page without them stays stale.',
  source: ['mark_unsync()', 'kvm_mmu_mark_parents_unsync()', '__mmu_unsync_walk()'],
  when: 'unlocked',
  reads: ['sp'],
  applies: (kvm) => somePage(kvm, (page) => page.unsync && page.parent_ptes.bits !== 0),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!isTableSpte(spte)) return null;
      const child = spte_to_child_sp(spte);
      const below = kvm.sp.at(child);
      if (!below.unsync && below.unsync_children === 0) return null;
      if (page.unsync_child_bitmap.has(index)) return null;
      return { message: 'an ancestor of an unsync page has no mark', where: { sp, index, child } };
    }),
  witness: {
    says: 'an unsync page has two parents',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.unsync && page.parent_ptes.count() > 1),
  },
});
