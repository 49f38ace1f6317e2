import { describe, expect, it } from 'vitest';
import { is_accessed_spte } from '../../../model/shadow/accessed.ts';
import { drop_spte } from '../../../model/shadow/rmap.ts';
import {
  aLeaf,
  aPage,
  aProgram,
  aVcpu,
  aLink,
  hold,
  run,
  type KvmInput,
} from '../../support/kvm.ts';

const age = 'kvm_rmap_age_gfn_range';

/** Frame 4 is mapped by both entries of page 0. */
const aMappedFrame = (input: KvmInput = {}) => {
  const program = aProgram({ budget: { aging: 2 }, ...input });
  const kvm = program.current;
  aPage(kvm, 0);
  for (const index of [0, 1]) aLeaf(kvm, 0, { index, gfn: 4 });
  const accessed = () => [0, 1].map((index) => is_accessed_spte(kvm, 0, index));
  return { program, kvm, accessed };
};

describe('ageing a frame', () => {
  it('clears the accessed flag of one leaf after the other, without mmu_lock', () => {
    const { program, kvm, accessed } = aMappedFrame();
    hold(kvm);
    expect(run(program, age, { gfn: '0x5' })).toBe(false);
    expect(run(program, age, { gfn: '0x4' })).toBe(true);
    expect(accessed()).toEqual([true, true]);
    expect(run(program, `${age}.clear`)).toBe(true);
    expect(accessed()).toEqual([false, true]);
    expect(run(program, age, { gfn: '0x4' })).toBe(false);
    expect(run(program, `${age}.clear`)).toBe(true);
    expect([accessed(), kvm.aging.sptep]).toEqual([[false, false], 0]);
    expect(run(program, age, { gfn: '0x4' })).toBe(false);
  });

  it('is over before an entry leaves the rmap, and leaves a cleared entry alone', () => {
    const { program, kvm } = aMappedFrame();
    run(program, age, { gfn: '0x4' });
    drop_spte(kvm, 0, 0);
    expect([kvm.aging.sptep, kvm.sp.at(0).spt.get(0)]).toEqual([0, 0]);
    expect(is_accessed_spte(kvm, 0, 1)).toBe(false);
  });

  it('brings an entry back when it stores the whole of it, as the mutant has it', () => {
    const { program, kvm } = aMappedFrame({ rules: { aging_store: 'whole-entry' } });
    run(program, age, { gfn: '0x4' });
    drop_spte(kvm, 0, 0);
    expect(kvm.sp.at(0).spt.get(0)).not.toBe(0);
  });

  it('is undone by hardware that walks to the leaf, not by what it retains', () => {
    const { program, kvm, accessed } = aMappedFrame();
    aLink(kvm, aPage(kvm, 1, { gfn: 2, level: 2, root_count: 1 }), 0);
    aVcpu(kvm, 0, { root: 1 });
    expect(run(program, 'tlbFill', { v: 0, va: '0x0', slot: 0 })).toBe(true);
    run(program, age, { gfn: '0x4' });
    for (let i = 0; i < 2; i += 1) run(program, `${age}.clear`);
    expect(run(program, 'guestAccess', { v: 0, va: '0x0', kind: 'ur' })).toBe(true);
    expect(accessed()).toEqual([false, false]);
    expect(run(program, 'tlbFill', { v: 0, va: '0x0', slot: 0 })).toBe(true);
    expect(accessed()).toEqual([true, false]);
  });
});
