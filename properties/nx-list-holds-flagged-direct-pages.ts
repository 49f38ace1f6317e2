/** The list of possible NX huge pages agrees with its counter and with the flags of its pages. */
import { isValid } from '../model/shadow/mmu-page.ts';
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';

const isListed = (kvm: Kvm): boolean =>
  kvm.nx.possible_nx_huge_pages.length > 0 && kvm.nx.possible_nx_huge_pages.get(0) !== null;

const isFlaggedDirectPage = (kvm: Kvm, sp: number): boolean => {
  const page = kvm.sp.at(sp);
  return isValid(page) && page.role.direct && page.nx_huge_page_disallowed;
};

export const nxListHoldsFlaggedDirectPages = stateProperty({
  id: 'nx-list-holds-flagged-direct-pages',
  brief: 'N2',
  says:
    'Every page on the list of possible NX huge pages is valid, direct and flagged ' +
    'nx_huge_page_disallowed, and nr_pages is the length of the list.',
  why:
    'The recovery worker zaps what the list names, without looking again, and takes its share ' +
    'from the counter.',
  source: ['track_possible_nx_huge_page()', 'kvm_recover_nx_huge_pages()'],
  when: 'every-step',
  reads: ['sp', 'nx'],
  needs: ({ nx_huge_pages }) => nx_huge_pages !== 'never',
  applies: isListed,
  check: (kvm) => {
    const { possible_nx_huge_pages: pages, nr_possible_nx_huge_pages: nr_pages } = kvm.nx;
    let length = 0;
    for (let i = 0; i < pages.length; i += 1) {
      const sp = pages.get(i);
      if (sp === null) continue;
      length += 1;
      if (isFlaggedDirectPage(kvm, sp)) continue;
      return { message: 'the NX list names a page that does not belong there', where: { sp } };
    }
    if (length === nr_pages) return null;
    return { message: 'nr_pages is off', where: { nr_pages, length } };
  },
  witness: {
    says: 'a page on the list has two parents, or none',
    reads: ['sp', 'nx'],
    reached: (kvm) => {
      const sp = isListed(kvm) ? kvm.nx.possible_nx_huge_pages.get(0) : null;
      return sp !== null && kvm.sp.at(sp).parent_ptes.count() !== 1;
    },
  },
});
