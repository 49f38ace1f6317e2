import { describe, expect, it } from 'vitest';
import { account_nx_huge_page } from '../../../model/shadow/nx-list.ts';
import { isUnlocked } from '../../../model/shadow/lock.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, hold, run } from '../../support/kvm.ts';

/** A root in use by vCPU 0, with a listed direct page below it that maps gfns 4 and 5. */
const aSplit = (budget: { nx_toggle?: number; nx_recover?: number }) => {
  const geometry = { gfns: 6, host_level: [1, 1, 1, 1, 2, 2] };
  const program = aProgram({ nx_huge_pages: 'force', budget, geometry });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aLink(kvm, 0, aPage(kvm, 1, { gfn: 4, direct: true }));
  aLeaf(kvm, 1, { gfn: 4 });
  account_nx_huge_page(kvm, 1, true);
  aVcpu(kvm, 0);
  return { program, kvm };
};

describe('set_nx_huge_pages', () => {
  it('stores the parameter first, and then zaps everything and flushes', () => {
    const { program, kvm } = aSplit({ nx_toggle: 2 });
    expect(run(program, 'set_nx_huge_pages')).toBe(true);
    expect([kvm.nx.nx_huge_pages, kvm.nx.zap_is_due]).toEqual([false, true]);
    expect(run(program, 'set_nx_huge_pages')).toBe(false);
    expect(run(program, 'set_nx_huge_pages.zap')).toBe(true);
    expect([0, 1].map((sp) => kvm.sp.at(sp).list)).toEqual(['none', 'invalid_list']);
    expect([kvm.vcpu.at(0).pc, isUnlocked(kvm)]).toEqual(['enter', false]);
    expect(run(program, 'kvm_recover_nx_huge_pages.flush')).toBe(true);
    expect([kvm.sp.at(1).list, isUnlocked(kvm)]).toEqual(['free', true]);
    expect(kvm.nx.nr_possible_nx_huge_pages).toBe(0);
  });

  it('waits for mmu_lock between the two', () => {
    const { program, kvm } = aSplit({ nx_toggle: 1 });
    hold(kvm);
    expect(run(program, 'set_nx_huge_pages')).toBe(true);
    expect(run(program, 'set_nx_huge_pages.zap')).toBe(false);
  });
});

describe('kvm_recover_nx_huge_pages', () => {
  it('takes the oldest page off the list, zaps it and holds the lock until the flush', () => {
    const { program, kvm } = aSplit({ nx_recover: 1 });
    kvm.vcpu.at(0).ghost_tlb.at(0).valid = true;
    expect(run(program, 'kvm_recover_nx_huge_pages')).toBe(true);
    expect([kvm.sp.at(1).list, kvm.sp.at(0).spt.get(0)]).toEqual(['invalid_list', 0]);
    expect([kvm.nx.nr_possible_nx_huge_pages, isUnlocked(kvm)]).toEqual([0, false]);
    expect(run(program, 'kvm_recover_nx_huge_pages.flush')).toBe(true);
    expect(kvm.vcpu.at(0).ghost_tlb.at(0).valid).toBe(false);
    expect(kvm.ghost.warning).toBe('none');
  });

  it('has nothing to do with an empty list', () => {
    const program = aProgram({ nx_huge_pages: 'force', budget: { nx_recover: 1 } });
    expect(run(program, 'kvm_recover_nx_huge_pages')).toBe(false);
  });
});
