/** disallow_lpage counts the shadowed tables of each run of frames. */
import { isAccounted, spaceOfPage } from '../model/shadow/mmu-page.ts';
import { hugeRun, hugeRuns, PG_LEVEL_2M } from '../model/geometry.ts';
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';

const isInRun = (kvm: Kvm, gfn: number, run: number): boolean => {
  for (let level = PG_LEVEL_2M; level <= kvm.geometry.levels; level += 1) {
    if (hugeRun(kvm.geometry, gfn, level) === run) return true;
  }
  return false;
};

const shadowedTables = (kvm: Kvm, index: number): number => {
  const runs = hugeRuns(kvm.geometry);
  const run = index % runs;
  let n = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    const here = spaceOfPage(page) === Math.floor(index / runs);
    if (here && isInRun(kvm, page.gfn, run) && isAccounted(page)) n += 1;
  }
  return n;
};

export const lpageCountersEqualRecounts = stateProperty({
  id: 'lpage-counters-equal-recounts',
  brief: 'R5',
  says:
    'disallow_lpage of a run of frames is the number of pages not zapped that shadow tables in ' +
    'it.',
  why: 'Counted too low, a shadowed table is mapped writable by a huge page; too high, never huge.',
  source: ['account_shadowed()', 'unaccount_shadowed()', 'update_gfn_disallow_lpage_count()'],
  when: 'unlocked',
  reads: ['sp', 'disallow_lpage'],
  needs: ({ geometry }) => geometry.host_level.some((level) => level > 1),
  applies: (kvm) => kvm.disallow_lpage.length > 0,
  check: (kvm) => {
    for (let run = 0; run < kvm.disallow_lpage.length; run += 1) {
      const counted = kvm.disallow_lpage.get(run);
      const tables = shadowedTables(kvm, run);
      if (counted !== tables) {
        return { message: 'disallow_lpage is off', where: { run, counted, tables } };
      }
    }
    return null;
  },
  witness: {
    says: 'a run without shadowed tables stands beside one with some',
    reads: ['disallow_lpage'],
    reached: (kvm) => {
      let [none, some] = [false, false];
      for (let run = 0; run < kvm.disallow_lpage.length; run += 1) {
        if (kvm.disallow_lpage.get(run) === 0) none = true;
        else some = true;
      }
      return none && some;
    },
  },
});
