import { describe, expect, it } from 'vitest';
import { descriptorsPerFault, pagesPerFault } from '../../../model/geometry.ts';
import { mmu_topup_memory_caches, takeObject } from '../../../model/shadow/memory-cache.ts';
import { hasRoom, kvm_mmu_available_pages, makeRoom } from '../../../model/shadow/quota.ts';
import type { Kvm, Rules } from '../../../model/index.ts';
import { aKvm, aPage, aProgram, aVcpu, hold, run } from '../../support/kvm.ts';

const quota = { n_max: 3, min_free: 1, refill: 2 };

/** A root in use, then two tables, which use the quota up. */
const full = (rules: Partial<Rules> = {}) => {
  const program = aProgram({ geometry: { quota }, rules, budget: { fault: 1 } });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aPage(kvm, 1);
  aPage(kvm, 2);
  [0, 1, 2].forEach((sp) => (kvm.sp.at(sp).position = sp));
  kvm.arch.n_used_mmu_pages = 3;
  return program;
};

const lists = (kvm: Kvm) => [0, 1, 2].map((sp) => kvm.sp.at(sp).list);

describe('makeRoom', () => {
  it('zaps the oldest pages that are no roots in use, as many as it refills', () => {
    const { current } = full();
    makeRoom(current);
    expect(lists(current)).toEqual(['active', 'invalid_list', 'invalid_list']);
    expect(kvm_mmu_available_pages(current)).toBe(2);
  });

  it('does nothing while enough is left', () => {
    const { current } = full();
    current.arch.n_used_mmu_pages = 2;
    makeRoom(current);
    expect(lists(current)).toEqual(['active', 'active', 'active']);
  });

  it('may find nothing to zap', () => {
    const { current } = full();
    for (const sp of [1, 2]) current.sp.at(sp).root_count = 1;
    makeRoom(current);
    expect([hasRoom(current), lists(current)[1]]).toEqual([false, 'active']);
  });

  it('is not needed without a quota', () => {
    const kvm = aKvm();
    makeRoom(kvm);
    expect(hasRoom(kvm)).toBe(true);
  });
});

describe('kvm_mmu_load under a quota', () => {
  it('flushes and frees what it zapped before it looks for the root', () => {
    const program = full();
    const kvm = program.current;
    aVcpu(kvm, 1, { root: null, pc: 'enter' });
    expect(run(program, 'kvm_mmu_load', { v: 1 })).toBe(true);
    expect(kvm.vcpu.at(1).pc).toBe('flush');
    run(program, 'kvm_flush_remote_tlbs', { v: 1 });
    expect(lists(kvm)).toEqual(['active', 'free', 'free']);
    expect(run(program, 'kvm_mmu_load.after_making_room', { v: 1 })).toBe(true);
    expect(kvm.vcpu.at(1).pc).toBe('assign_root');
  });

  it('leaves the vCPU without a root when there is no room', () => {
    const program = full();
    const kvm = program.current;
    for (const sp of [1, 2]) kvm.sp.at(sp).root_count = 1;
    aVcpu(kvm, 1, { root: null, pc: 'enter' });
    run(program, 'kvm_mmu_load', { v: 1 });
    expect(kvm.vcpu.at(1)).toMatchObject({ pc: 'enter', root: null });
    expect(kvm.mmu_lock.holder).toBeNull();
  });
});

describe('memory caches', () => {
  it('are filled to the worst case, and warn when they are empty', () => {
    const kvm = aKvm({ geometry: { caches: true } });
    const vcpu = kvm.vcpu.at(0);
    mmu_topup_memory_caches(kvm, vcpu);
    expect(vcpu.mmu_page_header_cache).toBe(pagesPerFault(kvm.geometry));
    expect(vcpu.mmu_pte_list_desc_cache).toBe(descriptorsPerFault(kvm.geometry));
    hold(kvm, 0);
    vcpu.mmu_page_header_cache = 1;
    takeObject(kvm, 'mmu_page_header_cache');
    expect(kvm.ghost.warning).toBe('none');
    takeObject(kvm, 'mmu_page_header_cache');
    expect(kvm.ghost.warning).toBe('memory-cache-empty');
  });

  it('are not counted where a scenario does not ask for it', () => {
    const kvm = aKvm();
    mmu_topup_memory_caches(kvm, kvm.vcpu.at(0));
    hold(kvm, 0);
    takeObject(kvm, 'mmu_page_header_cache');
    expect([kvm.vcpu.at(0).mmu_page_header_cache, kvm.ghost.warning]).toEqual([0, 'none']);
  });

  it('fail to be filled before the lock is taken', () => {
    const program = aProgram({
      geometry: { caches: true },
      budget: { fault: 1, alloc_failure: 1 },
    });
    aPage(program.current, 0, { level: 2, root_count: 1 });
    aVcpu(program.current, 0, { pc: 'lock_page_fault' });
    expect(run(program, 'mmu_topup_memory_caches.fail', { v: 0 })).toBe(true);
    expect(program.current.vcpu.at(0).pc).toBe('enter');
    expect(program.current.mmu_lock.holder).toBeNull();
  });
});
