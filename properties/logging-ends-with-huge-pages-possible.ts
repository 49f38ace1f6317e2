/** When dirty logging has ended, nothing small is left where a huge page could be. */
import { collapsibleIn, slotRmaps } from '../model/shadow/dirty-log.ts';
import { PG_LEVEL_4K } from '../model/geometry.ts';
import type { Kvm } from './property.ts';
import { stepProperty } from './property.ts';

const collapsibleKey = (kvm: Kvm): number =>
  slotRmaps(kvm, PG_LEVEL_4K).find((key) => collapsibleIn(kvm, key) !== 0) ?? -1;

export const loggingEndsWithHugePagesPossible = stepProperty({
  id: 'logging-ends-with-huge-pages-possible',
  brief: 'HUGE-OK',
  says:
    'When the call returns that switches dirty logging off, no leaf of a direct page is left ' +
    'that a huge one could replace.',
  why: 'A guest whose migration was given up would stay slow: nothing else makes its pages huge.',
  source: ['kvm_mmu_recover_huge_pages()', 'kvm_mmu_zap_collapsible_spte()'],
  on: [
    'kvm_mmu_slot_apply_flags',
    'kvm_mmu_recover_huge_pages',
    'kvm_mmu_recover_huge_pages.flush',
  ],
  needs: ({ geometry, workload }) =>
    geometry.dirty_log !== null &&
    workload.budget.log_dirty > 0 &&
    geometry.host_level.some((level) => level > 1),
  applies: (before, after) => before.dirty_log.call === 'disable' && after.dirty_log.pc === 'idle',
  check: (before, after) => {
    if (before.dirty_log.call !== 'disable' || after.dirty_log.pc !== 'idle') return null;
    const key = collapsibleKey(after);
    return key < 0 ? null : { message: 'a small leaf stays that could be huge', where: { key } };
  },
  witness: {
    says: 'dirty logging was switched off and a leaf is small that could be huge',
    reads: ['sp', 'rmap', 'dirty_log', 'disallow_lpage', 'host_level'],
    reached: (kvm) => kvm.dirty_log.pc === 'recover' && collapsibleKey(kvm) >= 0,
  },
});
