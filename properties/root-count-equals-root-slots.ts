/** A root is counted once for every vCPU slot that holds it. */
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';
import { firstPage, somePage } from './helpers/pages.ts';

const holders = (kvm: Kvm, sp: number): number => {
  let n = 0;
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { root, prev_root } = kvm.vcpu.at(v);
    if (root === sp) n += 1;
    for (let i = 0; i < prev_root.length; i += 1) if (prev_root.at(i).sp === sp) n += 1;
  }
  return n;
};

export const rootCountEqualsRootSlots = stateProperty({
  id: 'root-count-equals-root-slots',
  brief: 'L5',
  says: 'The root_count of a page is the number of current and previous root slots that hold it.',
  why: 'Counted too low, a root in use is freed; counted too high, it is never freed.',
  source: ['mmu_alloc_root()', 'mmu_free_root_page()', 'kvm_mmu_new_pgd()'],
  when: 'unlocked',
  reads: ['sp', 'vcpu.prev_root', 'vcpu.root'],
  applies: (kvm) => somePage(kvm, (page) => page.root_count > 0),
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      const expected = holders(kvm, sp);
      if (page.root_count === expected) return null;
      return {
        message: 'root_count differs from the number of holders',
        where: { sp, root_count: page.root_count, holders: expected },
      };
    }),
  witness: {
    says: 'two slots hold the same root',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.root_count > 1),
  },
});
