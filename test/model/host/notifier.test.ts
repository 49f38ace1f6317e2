import { describe, expect, it } from 'vitest';
import { isBeingInvalidated } from '../../../model/host/invalidation.ts';
import { host_pfn_mapping_level } from '../../../model/shadow/huge.ts';
import { aLeaf, aPage, aProgram, run, type KvmInput } from '../../support/kvm.ts';

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
