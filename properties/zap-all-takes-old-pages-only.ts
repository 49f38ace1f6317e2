/** Zapping the old generation leaves pages alone that came after it. */
import { stepProperty } from './property.ts';
import { somePage } from './helpers/pages.ts';

export const zapAllTakesOldPagesOnly = stepProperty({
  id: 'zap-all-takes-old-pages-only',
  brief: 'G2, PROG-OP',
  says: 'A page that kvm_zap_obsolete_pages() zaps is of the old generation.',
  why:
    'Whenever it breaks the lock vCPUs add pages: zapping those too, it might never end, and the ' +
    'vCPUs would fault on what they had just mapped.',
  source: ['kvm_zap_obsolete_pages()', 'kvm_mmu_zap_all_fast()'],
  on: ['kvm_zap_obsolete_pages'],
  needs: ({ geometry }) => geometry.memslot !== null,
  applies: (_before, after) => after.memslots.pc === 'zap',
  check: (before, after) => {
    for (let sp = 0; sp < after.sp.length; sp += 1) {
      const { list, obsolete } = before.sp.at(sp);
      if (list !== 'active' || obsolete || after.sp.at(sp).list === 'active') continue;
      return { message: 'a page of the new generation is zapped', where: { sp } };
    }
    return null;
  },
  witness: {
    says: 'obsolete pages are being zapped',
    reads: ['sp', 'memslots'],
    reached: (kvm) => kvm.memslots.pc === 'zap' && somePage(kvm, (page) => page.obsolete),
  },
});
