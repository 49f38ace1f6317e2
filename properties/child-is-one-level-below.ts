/** A table entry leads exactly one level down, and below a direct page all pages are direct. */
import { PG_LEVEL_1G } from '../model/geometry.ts';
import { is_last_spte, isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import { stateProperty } from './property.ts';
import { isLevelBelow } from './helpers/facts.ts';
import { firstEntry, hasEntry } from './helpers/pages.ts';

export const childIsOneLevelBelow = stateProperty({
  id: 'child-is-one-level-below',
  brief: 'R4',
  says:
    'A child has role.level one less than its parent, is direct when its parent is, and a 4K ' +
    'page holds leaves only.',
  why: 'Walks count levels: a wrong one reads a table as data or descends past the last level.',
  source: ['kvm_mmu_child_role()', '__link_shadow_page()'],
  when: 'every-step',
  reads: ['sp'],
  applies: (kvm) => hasEntry(kvm, 'table'),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      const { level } = page.role;
      if (is_last_spte(spte)) {
        if (level <= PG_LEVEL_1G) return null;
        return { message: 'a leaf above 1G', where: { sp, index, level } };
      }
      const child = spte_to_child_sp(spte);
      const { level: below, direct } = kvm.sp.at(child).role;
      const inOrder = isTableSpte(spte) && isLevelBelow(below, level);
      if (inOrder && (direct || !page.role.direct)) return null;
      return {
        message: 'a child is not one level below',
        where: { sp, index, level, child, below },
      };
    }),
  witness: {
    says: 'tables and leaves are present',
    reads: ['sp'],
    reached: (kvm) => hasEntry(kvm, 'table') && hasEntry(kvm, 'leaf'),
  },
});
