import { describe, expect, it } from 'vitest';
import { invalidateAddressInRoot } from '../../../model/shadow/invlpg.ts';
import { NO_SPTE } from '../../../model/spte.ts';
import type { Kvm } from '../../../model/index.ts';
import {
  aLeaf,
  aLink,
  aMark,
  aPage,
  aProgram,
  aVcpu,
  run,
  type KvmInput,
} from '../../support/kvm.ts';

/**
 * Root 0 and root 2 lead to the unsync table 1, whose leaf at address 0 is stale.
 * vCPU 0 runs on root 0 and has root 2 cached.
 */
const aProgramWithAStaleLeaf = (input: KvmInput = {}) => {
  const program = aProgram(input);
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aPage(kvm, 2, { level: 2, root_count: 1 });
  aPage(kvm, 1, { unsync: true });
  for (const root of [0, 2]) {
    aLink(kvm, root, 1);
    aMark(kvm, root);
  }
  aLeaf(kvm, 1, { gfn: 4 });
  aVcpu(kvm, 0, { pc: 'invlpg' });
  kvm.vcpu.at(0).prev_root.at(0).sp = 2;
  return program;
};
const leaf = (kvm: Kvm) => kvm.sp.at(1).spt.get(0);

describe('invalidateAddressInRoot', () => {
  it('syncs the entry of the address in the unsync page', () => {
    const kvm = aProgramWithAStaleLeaf().current;
    expect(invalidateAddressInRoot(kvm, 0, 0)).toBe(true);
    expect(leaf(kvm)).toBe(NO_SPTE);
  });

  it('leaves the other entries of the page alone', () => {
    const kvm = aProgramWithAStaleLeaf().current;
    expect(invalidateAddressInRoot(kvm, 0, 1)).toBe(false);
    expect(leaf(kvm)).not.toBe(NO_SPTE);
  });

  it('ends where nothing is linked, or nothing is marked', () => {
    const kvm = aProgramWithAStaleLeaf().current;
    expect(invalidateAddressInRoot(kvm, 0, 2)).toBe(false);
    kvm.sp.at(0).unsync_children = 0;
    expect(invalidateAddressInRoot(kvm, 0, 0)).toBe(false);
    expect(leaf(kvm)).not.toBe(NO_SPTE);
  });

  it('finds nothing to do in a page in sync below a mark', () => {
    const kvm = aProgramWithAStaleLeaf().current;
    kvm.sp.at(1).unsync = false;
    expect(invalidateAddressInRoot(kvm, 0, 0)).toBe(false);
  });
});

describe('__kvm_mmu_invalidate_addr', () => {
  const step = '__kvm_mmu_invalidate_addr';
  const v = 0;

  it('visits the current root, flushes, then visits the cached ones', () => {
    const program = aProgramWithAStaleLeaf();
    const kvm = program.current;
    expect(run(program, step, { v })).toBe(true);
    expect([kvm.vcpu.at(v).pc, kvm.mmu_lock.holder, leaf(kvm)]).toEqual(['flush', 0, NO_SPTE]);
    expect(run(program, 'kvm_flush_remote_tlbs', { v })).toBe(true);
    expect([kvm.vcpu.at(v).pc, kvm.mmu_lock.holder]).toEqual(['invlpg', null]);
    expect(run(program, step, { v })).toBe(true);
    expect(kvm.vcpu.at(v)).toMatchObject({ pc: 'enter', root_index: 0 });
  });

  it('passes over empty slots without mmu_lock', () => {
    const program = aProgramWithAStaleLeaf();
    const kvm = program.current;
    kvm.vcpu.at(v).prev_root.at(0).sp = null;
    kvm.vcpu.at(v).root = null;
    kvm.mmu_lock.holder = 1;
    expect(run(program, step, { v })).toBe(true);
    expect(kvm.vcpu.at(v)).toMatchObject({ pc: 'invlpg', root_index: 1 });
    expect(run(program, step, { v })).toBe(true);
    expect(kvm.vcpu.at(v).pc).toBe('enter');
  });

  it('waits for mmu_lock when there is a root', () => {
    const program = aProgramWithAStaleLeaf();
    program.current.mmu_lock.holder = 1;
    expect(run(program, step, { v })).toBe(false);
  });

  it('visits the current root alone, or none, as rule and mutant have it', () => {
    const current = aProgramWithAStaleLeaf({ rules: { invlpg_sync: 'current-root' } });
    current.current.vcpu.at(v).root = 2;
    expect(run(current, step, { v })).toBe(true);
    expect(run(current, 'kvm_flush_remote_tlbs', { v })).toBe(true);
    expect(current.current.vcpu.at(v).pc).toBe('enter');
    const none = aProgramWithAStaleLeaf({ rules: { invlpg_sync: 'none' } });
    expect(run(none, step, { v })).toBe(true);
    expect(none.current.vcpu.at(v).pc).toBe('enter');
    expect(leaf(none.current)).not.toBe(NO_SPTE);
  });
});
