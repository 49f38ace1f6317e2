import { describe, expect, it } from 'vitest';
import { isUnlocked } from '../../../model/shadow/lock.ts';
import { activePage, listActive, unlist } from '../../../model/shadow/page-list.ts';
import type { Kvm, Rules } from '../../../model/index.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, run } from '../../support/kvm.ts';

const memslot = {
  bases: [4],
  npages: 1,
  changes: ['delete'],
  present: true,
  readonly: false,
  generations: 8,
} as const;

/** Root 0 over tables 1 and 2, created in that order; a zap of everything is about to start. */
const withThreePages = (rules: Partial<Rules> = {}) => {
  const budget = { memslot: 1, lock_break: 1 };
  const program = aProgram({ geometry: { memslot }, budget, rules });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aPage(kvm, 1);
  aPage(kvm, 2);
  [0, 1, 2].forEach((sp) => (kvm.sp.at(sp).position = sp));
  aLink(kvm, 0, 1);
  aLink(kvm, 0, 2, 1);
  aLeaf(kvm, 1, { gfn: 4 });
  aVcpu(kvm, 0);
  kvm.memslots.state = 'invalid';
  kvm.memslots.pc = 'zap-all';
  return program;
};

const lists = (kvm: Kvm) => [0, 1, 2].map((sp) => kvm.sp.at(sp).list);

describe('active_mmu_pages', () => {
  it('has new pages at its head, and closes up when one leaves', () => {
    const { current } = withThreePages();
    unlist(current, current.sp.at(1), 'none');
    expect([0, 1, 2].map((place) => activePage(current, place))).toEqual([0, 2, null]);
    listActive(current, current.sp.at(3));
    expect(activePage(current, 2)).toBe(3);
  });
});

describe('kvm_mmu_zap_all_fast', () => {
  it('makes all pages obsolete, kicks the vCPUs and holds the lock', () => {
    const program = withThreePages();
    expect(run(program, 'kvm_mmu_zap_all_fast')).toBe(true);
    const kvm = program.current;
    expect([0, 1, 2].every((sp) => kvm.sp.at(sp).obsolete)).toBe(true);
    expect(kvm.vcpu.at(0).pc).toBe('enter');
    expect(kvm.vcpu.at(0).request_free_obsolete_roots).toBe(true);
    expect(isUnlocked(kvm)).toBe(false);
  });
});

describe('kvm_zap_obsolete_pages', () => {
  it('takes the oldest page first, keeps a root in use, and frees the others after a flush', () => {
    const program = withThreePages();
    const kvm = program.current;
    run(program, 'kvm_mmu_zap_all_fast');
    run(program, 'kvm_zap_obsolete_pages');
    expect(lists(kvm)).toEqual(['none', 'active', 'active']);
    run(program, 'kvm_zap_obsolete_pages');
    run(program, 'kvm_zap_obsolete_pages');
    expect(lists(kvm)).toEqual(['none', 'invalid_list', 'invalid_list']);
    run(program, 'kvm_zap_obsolete_pages');
    run(program, 'kvm_zap_obsolete_pages.commit');
    expect(lists(kvm)).toEqual(['none', 'free', 'free']);
    expect(kvm.memslots.pc).toBe('publish');
    expect(isUnlocked(kvm)).toBe(true);
  });

  it('owes no flush for what it zaps', () => {
    const program = withThreePages();
    run(program, 'kvm_mmu_zap_all_fast');
    run(program, 'kvm_zap_obsolete_pages');
    run(program, 'kvm_zap_obsolete_pages');
    expect(program.current.ghost_owed.unmap.bits).toBe(0);
    expect(program.current.ghost_owed.link).toBe(false);
  });

  it('breaks the lock between two pages, not before the first that it will free', () => {
    const program = withThreePages();
    run(program, 'kvm_mmu_zap_all_fast');
    run(program, 'kvm_zap_obsolete_pages');
    expect(run(program, 'kvm_zap_obsolete_pages.yield')).toBe(false);
    run(program, 'kvm_zap_obsolete_pages');
    expect(run(program, 'kvm_zap_obsolete_pages.yield')).toBe(true);
    expect(isUnlocked(program.current)).toBe(true);
  });

  it('stops at a page of the new generation', () => {
    const program = withThreePages();
    const kvm = program.current;
    run(program, 'kvm_mmu_zap_all_fast');
    for (const sp of [0, 1, 2]) kvm.sp.at(sp).obsolete = false;
    run(program, 'kvm_zap_obsolete_pages');
    expect(lists(kvm)).toEqual(['active', 'active', 'active']);
    expect(kvm.memslots.pc).toBe('publish');
  });
});
