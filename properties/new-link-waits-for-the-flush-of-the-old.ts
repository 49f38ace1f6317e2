/** A table entry is stored only after the one that it replaces was flushed. */
import { stepProperty } from './property.ts';

export const newLinkWaitsForTheFlushOfTheOld = stepProperty({
  id: 'new-link-waits-for-the-flush-of-the-old',
  brief: 'F-LINK',
  says: 'When a table entry is stored, no flush is owed for a table entry that was removed.',
  why: 'Hardware could translate by the old table and by the new one at the same time.',
  source: ['__link_shadow_page()'],
  on: ['__link_shadow_page', 'FNAME(fetch).recheck', 'direct_map'],
  applies: (_before, after) => after.mmu_lock.holder !== null,
  check: (before, after) => {
    if (!before.ghost_owed.link || after.mmu_lock.level >= before.mmu_lock.level) return null;
    const where = { sp: before.mmu_lock.sp ?? 0, child: before.mmu_lock.child ?? 0 };
    return { message: 'a table entry is stored while the old one is not flushed', where };
  },
  witness: {
    says: 'a table entry was removed and its flush is owed',
    reads: ['ghost_owed'],
    reached: (kvm) => kvm.ghost_owed.link,
  },
});
