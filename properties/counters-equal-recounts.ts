/** Counters that lockless code reads equal what they count. */
import { isAccounted, spaceOfPage } from '../model/shadow/mmu-page.ts';
import { trackIndex } from '../model/shadow/unsync.ts';
import type { MmuPageView } from '../model/state.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { somePage } from './helpers/pages.ts';

/** Pages that are zapped no longer count, those of an old generation still do. */
const countAccounted = (kvm: Kvm, test: (page: MmuPageView) => boolean): number => {
  let n = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    if (isAccounted(kvm.sp.at(sp)) && test(kvm.sp.at(sp))) n += 1;
  }
  return n;
};

const isAt = (kvm: Kvm, page: MmuPageView, index: number): boolean =>
  trackIndex(kvm, page.gfn, spaceOfPage(page)) === index;

export const countersEqualRecounts = stateProperty({
  id: 'counters-equal-recounts',
  brief: 'A3',
  says:
    'indirect_shadow_pages is the number of pages not zapped that shadow guest tables, and ' +
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
    const pages = countAccounted(kvm, () => true);
    if (counted !== pages) {
      return { message: 'indirect_shadow_pages is off', where: { counted, pages } };
    }
    for (let index = 0; index < kvm.gfn_write_track.length; index += 1) {
      const gfn = index % kvm.geometry.gfns;
      const tracked = kvm.gfn_write_track.get(index);
      const upper = countAccounted(kvm, (page) => page.role.level > 1 && isAt(kvm, page, index));
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
