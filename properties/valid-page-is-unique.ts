/** There is at most one valid shadow page for a gfn and role. */
import { isValid, roleWord } from '../model/shadow/mmu-page.ts';
import { hex, stateProperty } from './property.ts';
import { firstPage, somePage } from './helpers/pages.ts';

export const validPageIsUnique = stateProperty({
  id: 'valid-page-is-unique',
  brief: 'L4',
  says: 'No two valid shadow pages have the same gfn and the same role.',
  why: 'A write that zaps one of two twins leaves the other one stale.',
  source: ['kvm_mmu_find_shadow_page()'],
  when: 'unlocked',
  reads: ['sp'],
  applies: (kvm) => somePage(kvm, isValid),
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      if (!isValid(page)) return null;
      for (let other = sp + 1; other < kvm.sp.length; other += 1) {
        const twin = kvm.sp.at(other);
        if (!isValid(twin) || twin.gfn !== page.gfn) continue;
        if (roleWord(twin.role) !== roleWord(page.role)) continue;
        return {
          message: 'two valid pages have the same gfn and role',
          where: { sp, twin: other, gfn: hex(page.gfn), level: page.role.level },
        };
      }
      return null;
    }),
  witness: {
    says: 'two valid pages shadow one table in different roles, or one page has two users',
    reads: ['sp'],
    reached: (kvm) =>
      somePage(kvm, (page) => isValid(page) && (page.root_count > 1 || manyParents(page))),
  },
});

const manyParents = (page: { parent_ptes: { count(): number } }): boolean =>
  page.parent_ptes.count() > 1;
