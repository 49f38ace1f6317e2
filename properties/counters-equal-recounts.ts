/** Counters that lockless code reads equal what they count. */
import { isValid, sp_has_gptes } from '../model/shadow/mmu-page.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { countShadowing, somePage } from './helpers/pages.ts';

const indirectPages = (kvm: Kvm): number => {
  let n = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    if (isValid(kvm.sp.at(sp)) && sp_has_gptes(kvm.sp.at(sp))) n += 1;
  }
  return n;
};

export const countersEqualRecounts = stateProperty({
  id: 'counters-equal-recounts',
  brief: 'A3',
  says:
    'indirect_shadow_pages is the number of valid pages that shadow guest tables, and ' +
    'gfn_write_track the number of those above 4K at each gfn.',
  why:
    'Read as zero too early, an emulated write is not tracked; never reaching zero, a gfn can ' +
    'never again be mapped writable.',
  source: ['account_shadowed()', 'unaccount_shadowed()', 'kvm_gfn_is_write_tracked()'],
  when: 'unlocked',
  reads: ['sp', 'gfn_write_track', 'arch'],
  applies: (kvm) => kvm.arch.indirect_shadow_pages > 0,
  check: (kvm) => {
    const counted = kvm.arch.indirect_shadow_pages;
    const pages = indirectPages(kvm);
    if (counted !== pages) {
      return { message: 'indirect_shadow_pages is off', where: { counted, pages } };
    }
    for (let gfn = 0; gfn < kvm.gfn_write_track.length; gfn += 1) {
      const tracked = kvm.gfn_write_track.get(gfn);
      const upper = countShadowing(kvm, gfn, (page) => page.role.level > 1);
      if (tracked === upper) continue;
      return { message: 'gfn_write_track is off', where: { gfn: hex(gfn), tracked, upper } };
    }
    return null;
  },
  witness: {
    says: 'a page has been zapped and is not freed yet',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.role.invalid),
  },
});
