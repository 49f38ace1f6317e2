import { describe, expect, it } from 'vitest';
import { aLink, aPage, aProgram, hold, run, type KvmInput } from '../../support/kvm.ts';

const quota = { n_max: 4, min_free: 1, refill: 1, lowered: 1 };

/** A root in use, the oldest page, and two tables below it. */
const aTree = (input: KvmInput = {}) => {
  const program = aProgram({
    budget: { set_quota: 2 },
    geometry: { gfns: 6, tables: 4, quota },
    ...input,
  });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  for (const sp of [1, 2]) aLink(kvm, 0, aPage(kvm, sp), sp - 1);
  for (const sp of [0, 1, 2]) kvm.sp.at(sp).position = sp;
  kvm.arch.n_used_mmu_pages = 3;
  return { program, kvm, lists: () => [0, 1, 2].map((sp) => kvm.sp.at(sp).list) };
};

describe('kvm_mmu_change_mmu_pages', () => {
  it('zaps what is too many, spares roots in use, and can be taken back', () => {
    const { program, kvm, lists } = aTree();
    hold(kvm);
    expect(run(program, 'kvm_mmu_change_mmu_pages')).toBe(false);
    kvm.mmu_lock.holder = null;
    expect(run(program, 'kvm_mmu_change_mmu_pages')).toBe(true);
    expect(lists()).toEqual(['active', 'invalid_list', 'invalid_list']);
    expect(kvm.arch.n_max_mmu_pages).toBe(1);
    expect(run(program, 'kvm_mmu_change_mmu_pages')).toBe(false);
    expect(run(program, 'kvm_mmu_zap_oldest_mmu_pages.commit')).toBe(true);
    expect(lists()).toEqual(['active', 'free', 'free']);
    expect(run(program, 'kvm_mmu_change_mmu_pages')).toBe(true);
    expect(kvm.arch.n_max_mmu_pages).toBe(4);
  });

  it('grants no less than what is left', () => {
    const { program, kvm } = aTree();
    kvm.sp.at(1).root_count = 1;
    expect(run(program, 'kvm_mmu_change_mmu_pages')).toBe(true);
    expect(kvm.arch.n_max_mmu_pages).toBe(2);
  });
});
