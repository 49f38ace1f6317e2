/** A table that exists because of the NX mitigation does not give way to a huge page. */
import { isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import { tableIndex } from '../model/geometry.ts';
import { isNxInForce, someFlaggedPage } from './helpers/nx.ts';
import type { Kvm } from './property.ts';
import { stepProperty } from './property.ts';

/** The table that the fault of `v` is about to replace by a leaf, or -1. */
const replaced = (kvm: Kvm, v: number): number => {
  const { level, sp } = kvm.mmu_lock;
  const spte = kvm.sp.at(sp ?? 0).spt.get(tableIndex(kvm.geometry, kvm.vcpu.at(v).insn.va, level));
  return isTableSpte(spte) ? spte_to_child_sp(spte) : -1;
};

export const nxTableIsNotReplacedByAHugePage = stepProperty({
  id: 'nx-table-is-not-replaced-by-a-huge-page',
  brief: 'N3',
  says:
    'While the NX huge page mitigation is in force, a fault maps no huge page over a table that ' +
    'is flagged nx_huge_page_disallowed.',
  why:
    'The table may hold executable leaves. An instruction that is fetched from one of the frames ' +
    'and reads another one would take the huge page and the table in turns for ever.',
  source: ['disallowed_hugepage_adjust()', 'FNAME(fetch)'],
  on: ['mmu_try_to_unsync_pages'],
  needs: ({ nx_huge_pages }) => nx_huge_pages !== 'never',
  applies: (before) => isNxInForce(before) && before.mmu_lock.level > 1,
  check: (before, _after, [v = 0]) => {
    const child = isNxInForce(before) ? replaced(before, v) : -1;
    if (child < 0 || !before.sp.at(child).nx_huge_page_disallowed) return null;
    return {
      message: 'a huge page replaces a table that may hold executable leaves',
      where: { sp: before.mmu_lock.sp ?? 0, child },
    };
  },
  witness: {
    says: 'a flagged table is linked',
    reads: ['sp'],
    reached: (kvm) => someFlaggedPage(kvm, (page) => page.parent_ptes.bits !== 0),
  },
});
