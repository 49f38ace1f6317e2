/** A page is listed for recovery only when zapping it makes room for a huge page. */
import { kvm_mmu_max_mapping_level } from '../model/shadow/huge.ts';
import { isPossibleNxHugePage } from '../model/shadow/nx-list.ts';
import { someFlaggedPage } from './helpers/nx.ts';
import type { Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';

/** The page that the step put on the list, or -1. */
const gained = (before: Kvm, after: Kvm): number => {
  for (let sp = 0; sp < after.sp.length; sp += 1) {
    if (isPossibleNxHugePage(after, sp) && !isPossibleNxHugePage(before, sp)) return sp;
  }
  return -1;
};

export const nxListGainsWhatCouldBeHuge = stepProperty({
  id: 'nx-list-gains-what-could-be-huge',
  brief: 'N2, NX-LIST',
  says:
    'A page that is put on the list of possible NX huge pages covers frames that the host maps ' +
    'huge and in which no guest table is shadowed.',
  why: 'Recovery would zap pages for nothing, again and again.',
  source: ['FNAME(fetch)', 'account_nx_huge_page()'],
  on: ['FNAME(fetch).recheck', 'direct_map', '__link_shadow_page'],
  needs: ({ nx_huge_pages }) => nx_huge_pages !== 'never',
  applies: (before, after) => gained(before, after) >= 0,
  check: (before, after) => {
    const sp = gained(before, after);
    if (sp < 0) return null;
    const { gfn, role } = after.sp.at(sp);
    if (kvm_mmu_max_mapping_level(after, gfn, role.level + 1) > role.level) return null;
    return {
      message: 'a page is listed although nothing huge could take its place',
      where: { sp, gfn: hex(gfn), level: role.level },
    };
  },
  witness: {
    says: 'a page is flagged and not listed',
    reads: ['sp', 'nx'],
    reached: (kvm) => someFlaggedPage(kvm, (_page, sp) => !isPossibleNxHugePage(kvm, sp)),
  },
});
