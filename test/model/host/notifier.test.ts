import { describe, expect, it } from 'vitest';
import { isBeingInvalidated } from '../../../model/host/invalidation.ts';
import { host_pfn_mapping_level } from '../../../model/shadow/huge.ts';
import { pfnOf } from '../../../model/shadow/mmu-page.ts';
import { aLeaf, aPage, aProgram, hold, run, type KvmInput } from '../../support/kvm.ts';

const start = 'kvm_mmu_notifier_invalidate_range_start';

/** Frames 4 and 5 are one leaf of the host, of which 5 is mapped at 4K. */
const aHugeHost = (input: KvmInput = {}) => {
  const program = aProgram({
    budget: { notifier: 2, host_resize: 2 },
    geometry: { gfns: 6, host_level: [1, 1, 1, 1, 2, 2] },
    ...input,
  });
  aPage(program.current, 0, { gfn: 4, direct: true });
  aLeaf(program.current, 0, { index: 1, gfn: 5 });
  return { program, kvm: program.current };
};

describe('invalidation of a huge leaf', () => {
  it('is announced for all of it, and zaps all of it', () => {
    const { program, kvm } = aHugeHost();
    expect(run(program, start, { gfn: '0x5' })).toBe(false);
    expect(run(program, start, { gfn: '0x4' })).toBe(true);
    expect(kvm.sp.at(0).spt.get(1)).toBe(0);
    expect([3, 4, 5].map((gfn) => isBeingInvalidated(kvm, gfn))).toEqual([false, true, true]);
    expect(run(program, `${start}.flush`)).toBe(true);
  });

  it('is announced for one page, as the mutant has it', () => {
    const { program, kvm } = aHugeHost({ rules: { notifier_range: 'one-page' } });
    expect(run(program, start, { gfn: '0x4' })).toBe(true);
    expect([4, 5].map((gfn) => isBeingInvalidated(kvm, gfn))).toEqual([true, false]);
    expect(kvm.sp.at(0).spt.get(1)).not.toBe(0);
  });
});

describe('hostResizesLeaf', () => {
  it('splits the leaf and joins it, between start and end', () => {
    const { program, kvm } = aHugeHost();
    expect(run(program, 'hostResizesLeaf')).toBe(false);
    for (const level of [1, 2]) {
      expect(run(program, start, { gfn: '0x4' })).toBe(true);
      run(program, `${start}.flush`);
      expect(run(program, 'hostResizesLeaf')).toBe(true);
      expect([4, 5].map((gfn) => host_pfn_mapping_level(kvm, gfn))).toEqual([level, level]);
      expect(run(program, 'kvm_mmu_notifier_invalidate_range_end')).toBe(true);
    }
  });
});

/** Two threads: one invalidates frames 4 and 5, the other one frame 5 alone. */
const twoThreads = (input: KvmInput = {}) => {
  const invalidations = [
    { gfn: 4, npages: 2 },
    { gfn: 5, npages: 1 },
  ];
  const program = aProgram({
    budget: { notifier: 4 },
    geometry: { gfns: 7, tables: 4, pfns: 8, invalidations },
    ...input,
  });
  return { program, kvm: program.current, ...starts(program) };
};

const starts = (program: ReturnType<typeof aProgram>) => ({
  start: (call: number, gfn: string): boolean => run(program, start, { call, gfn }),
  end: (call: number): boolean => run(program, 'kvm_mmu_notifier_invalidate_range_end', { call }),
});

const invalidated = (kvm: ReturnType<typeof twoThreads>['kvm']): number[] =>
  [0, 1, 2, 3, 4, 5, 6].filter((gfn) => isBeingInvalidated(kvm, gfn));

describe('invalidations at the same time', () => {
  it('are announced by the smallest range that has all of them, until the last one ends', () => {
    const { kvm, start: begin, end } = twoThreads();
    expect(begin(1, '0x5')).toBe(true);
    expect(invalidated(kvm)).toEqual([5]);
    expect(begin(0, '0x4')).toBe(true);
    expect(kvm.mmu_notifier.mmu_invalidate_in_progress).toBe(2);
    expect(invalidated(kvm)).toEqual([4, 5]);
    expect(end(0)).toBe(true);
    expect(invalidated(kvm)).toEqual([4, 5]);
    expect(end(1)).toBe(true);
    expect([invalidated(kvm), kvm.mmu_notifier.mmu_invalidate_seq]).toEqual([[], 2]);
  });

  it('belong to a thread each, which zaps its range and moves its frames', () => {
    const { program, kvm, start: begin } = twoThreads();
    for (const gfn of [4, 5]) aLeaf(kvm, aPage(kvm, gfn - 4, { gfn: gfn - 4 }), { gfn });
    expect([begin(0, '0x5'), begin(1, '0x4')]).toEqual([false, false]);
    expect(begin(0, '0x4')).toBe(true);
    expect([0, 1].map((sp) => kvm.sp.at(sp).spt.get(0))).toEqual([0, 0]);
    expect(run(program, `${start}.flush`, { call: 0 })).toBe(true);
    expect(run(program, 'hostMovesFrame', { pfn: '0x7', call: 0, offset: 1 })).toBe(true);
    expect(run(program, 'hostMovesFrame', { pfn: '0x5', call: 0, offset: 0 })).toBe(true);
    expect([4, 5].map((gfn) => pfnOf(kvm, gfn))).toEqual([5, 7]);
    expect(begin(1, '0x5')).toBe(true);
    expect(run(program, 'hostMovesFrame', { pfn: '0x4', call: 1, offset: 1 })).toBe(false);
  });

  it('do not count and take no lock where no slot is', () => {
    const memslot = {
      bases: [5],
      npages: 1,
      changes: ['create' as const],
      present: false,
      readonly: false,
      generations: 2,
    };
    const invalidations = [{ gfn: 5, npages: 1 }];
    const budget = { notifier: 2, memslot: 1 };
    const program = aProgram({ budget, geometry: { gfns: 6, invalidations, memslot } });
    const kvm = program.current;
    hold(kvm);
    expect(run(program, start, { gfn: '0x5' })).toBe(true);
    const { mmu_notifier } = kvm;
    expect(mmu_notifier.mmu_invalidate_in_progress).toBe(0);
    expect(mmu_notifier.mn_active_invalidate_count).toBe(1);
    expect(run(program, 'kvm_set_memory_region', { change: 'create' })).toBe(false);
    expect(run(program, 'kvm_mmu_notifier_invalidate_range_end')).toBe(true);
    expect(run(program, 'kvm_set_memory_region', { change: 'create' })).toBe(true);
    expect(run(program, start, { gfn: '0x5' })).toBe(false);
    kvm.mmu_lock.holder = null;
    expect(run(program, start, { gfn: '0x5' })).toBe(true);
    expect(mmu_notifier.mmu_invalidate_in_progress).toBe(1);
  });
});
