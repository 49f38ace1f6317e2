/** On the list of active pages, those of the old generation are behind all others. */
import { isValid } from '../model/shadow/mmu-page.ts';
import { stateProperty } from './property.ts';
import { firstPage, somePage } from './helpers/pages.ts';

export const obsoletePagesComeLast = stateProperty({
  id: 'obsolete-pages-come-last',
  brief: 'L6',
  says: 'No page of the old generation is newer on active_mmu_pages than a valid one.',
  why: 'Zapping the obsolete pages starts with the oldest and stops at the first valid page.',
  source: ['kvm_zap_obsolete_pages()', 'kvm_mmu_alloc_shadow_page()'],
  when: 'every-step',
  needs: ({ geometry }) => geometry.memslot !== null,
  reads: ['sp'],
  applies: (kvm) => somePage(kvm, (page) => page.obsolete && page.list === 'active'),
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      if (!page.obsolete || page.list !== 'active') return null;
      if (!somePage(kvm, (other) => isValid(other) && other.position < page.position)) return null;
      return { message: 'a page of the old generation is before a valid one', where: { sp } };
    }),
  witness: {
    says: 'a valid page exists while obsolete ones are being zapped',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.obsolete) && somePage(kvm, isValid),
  },
});
