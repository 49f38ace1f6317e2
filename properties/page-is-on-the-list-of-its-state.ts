/** A shadow page is on the one list that its validity and its users call for. */
import { hex, stateProperty } from './property.ts';
import { firstPage, somePage } from './helpers/pages.ts';

export const pageIsOnTheListOfItsState = stateProperty({
  id: 'page-is-on-the-list-of-its-state',
  brief: 'L1',
  says:
    'A valid page is on the active list, an invalid one that is still a root is on none, and ' +
    'an invalid one without users waits to be freed.',
  why: 'A page on two lists is freed twice; an invalid page on the active list is used again.',
  source: ['__kvm_mmu_prepare_zap_page()', 'kvm_mmu_commit_zap_page()', 'CVE-2026-64561'],
  when: 'every-step',
  reads: ['sp'],
  applies: (kvm) => somePage(kvm, () => true),
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      const expected = page.role.invalid
        ? page.root_count > 0
          ? 'none'
          : 'invalid_list'
        : 'active';
      if (page.list === expected) return null;
      return {
        message: `page is on list "${page.list}" where "${expected}" is due`,
        where: { sp, gfn: hex(page.gfn), list: page.list, invalid: page.role.invalid },
      };
    }),
  witness: {
    says: 'a root in use has been invalidated',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.role.invalid && page.root_count > 0),
  },
});
