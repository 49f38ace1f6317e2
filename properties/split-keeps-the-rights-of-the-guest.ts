/** The table that takes the place of a huge page has the rights of the guest entry behind it. */
import { ACC_ALL, ACC_EXEC_MASK, ACC_WRITE_MASK, accessText } from '../model/access.ts';
import { PG_LEVEL_4K } from '../model/geometry.ts';
import { gpteText } from '../model/gpte.ts';
import { readGuest, spte_index, sptep_to_sp } from '../model/shadow/mmu-page.ts';
import { kvm_mmu_page_get_access } from '../model/shadow/rmap.ts';
import { is_last_spte, isTableSpte, spte_to_child_sp, spteAccess } from '../model/spte.ts';
import { stepProperty, type Kvm } from './property.ts';
import { grantable, isSettled } from './helpers/pages.ts';

/** The table that the step put in the place of a huge leaf, or -1. */
const tableInPlace = (before: Kvm, after: Kvm): number => {
  const { sptep } = before.split;
  const spte = after.sp.at(sptep_to_sp(after, sptep)).spt.get(spte_index(after, sptep));
  const done = before.split.pc === 'try' || before.split.pc === 'commit';
  return done && isTableSpte(spte) ? spte_to_child_sp(spte) : -1;
};

/** The rights that all leaves of a table at 4K have; above 4K the mitigation may take some. */
const smallest = (kvm: Kvm, sp: number): number => {
  const page = kvm.sp.at(sp);
  let access = ACC_ALL;
  for (let i = 0; i < page.spt.length && page.role.level === PG_LEVEL_4K; i += 1) {
    if (is_last_spte(page.spt.get(i))) access &= spteAccess(page.spt.get(i));
  }
  return access;
};

export const splitKeepsTheRightsOfTheGuest = stepProperty({
  id: 'split-keeps-the-rights-of-the-guest',
  brief: 'SH-ROLE, XLATE, Y3',
  says:
    'The table that takes the place of a huge leaf may do what the leaf could and what is ' +
    'recorded beside it, and be executed and used by user code where the guest entry lets it, ' +
    'and so may its leaves at 4K.',
  why:
    'A table with other rights than a fault would give it is shared with the wrong ways, or ' +
    'replaced at the next fault.',
  source: ['shadow_mmu_get_sp_for_split()', 'kvm_mmu_page_get_access()', 'make_small_spte()'],
  on: ['shadow_mmu_try_split_huge_page', 'shadow_mmu_get_sp_for_split.commit'],
  needs: ({ eager_page_split }) => eager_page_split,
  applies: (before, after) => tableInPlace(before, after) >= 0,
  check: (before, after) => {
    const { sptep } = before.split;
    const sp = sptep_to_sp(before, sptep);
    const index = spte_index(before, sptep);
    const page = before.sp.at(sp);
    const child = tableInPlace(before, after);
    if (child < 0) return null;
    const { access } = after.sp.at(child).role;
    // Write protection may have taken from the leaf what the guest gave.
    const could = spteAccess(page.spt.get(index)) | kvm_mmu_page_get_access(page, index);
    const pte = readGuest(before, page.gfn, index);
    const given = isSettled(before, page, index) ? grantable(page, pte) & ~ACC_WRITE_MASK : 0;
    const small = smallest(after, child);
    if (((could | given) & ~access) === 0 && (given & ACC_EXEC_MASK & ~small) === 0) return null;
    return {
      message: 'a split takes rights away that the guest has given',
      where: {
        sp,
        index,
        child,
        access: accessText(access),
        small: accessText(small),
        recorded: accessText(could),
        entry: gpteText(pte),
      },
    };
  },
  witness: {
    says: 'a table stands where a huge page was logged',
    reads: ['split'],
    reached: (kvm) => kvm.split.pc !== 'idle',
  },
});
