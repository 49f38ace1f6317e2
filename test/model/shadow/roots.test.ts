import { describe, expect, it } from 'vitest';
import {
  kvm_mmu_new_pgd,
  kvm_mmu_reset_context,
  mmu_free_root_page,
  switchGivesRootBack,
} from '../../../model/shadow/root-cache.ts';
import type { Kvm } from '../../../model/index.ts';
import { ModelAssumptionError } from '../../../src/engine/machine/index.ts';
import { aPage, aProgram, aVcpu, run, type KvmInput } from '../../support/kvm.ts';

/** Roots 0, 1 and 2 for the tables 0, 1 and 2: one current, two cached, each held once. */
const aProgramOnThreeRoots = (input: KvmInput = {}) => {
  const program = aProgram({
    ...input,
    geometry: { cr3: [0, 1, 2, 3], prev_roots: 2, ...input.geometry },
  });
  const kvm = program.current;
  for (const sp of [0, 1, 2]) aPage(kvm, sp, { level: 2, root_count: 1 });
  aVcpu(kvm, 0);
  [1, 2].forEach((sp, i) => {
    kvm.vcpu.at(0).prev_root.at(i).sp = sp;
    kvm.vcpu.at(0).prev_root.at(i).cr3 = sp;
  });
  return program;
};
const onThreeRoots = (input: KvmInput = {}): Kvm => aProgramOnThreeRoots(input).current;

const load = (kvm: Kvm, cr3: number) => {
  kvm.vcpu.at(0).cr3 = cr3;
  kvm_mmu_new_pgd(kvm, 0);
  const { root, prev_root } = kvm.vcpu.at(0);
  return [root, prev_root.at(0).sp, prev_root.at(1).sp];
};
const counts = (kvm: Kvm) => [0, 1, 2].map((sp) => kvm.sp.at(sp).root_count);

describe('kvm_mmu_new_pgd', () => {
  it('keeps the current root when it fits', () => {
    expect(load(onThreeRoots(), 0)).toEqual([0, 1, 2]);
  });

  it('swaps with the first cached root', () => {
    const kvm = onThreeRoots();
    expect(load(kvm, 1)).toEqual([1, 0, 2]);
    expect(kvm.vcpu.at(0).prev_root.at(0).cr3).toBe(0);
    expect(counts(kvm)).toEqual([1, 1, 1]);
  });

  it('rotates until the root fits', () => {
    expect(load(onThreeRoots(), 2)).toEqual([2, 0, 1]);
  });

  it('gives the oldest root back when none fits', () => {
    const kvm = onThreeRoots();
    expect(load(kvm, 3)).toEqual([null, 0, 1]);
    expect(counts(kvm)).toEqual([1, 1, 0]);
    expect(kvm.sp.at(2).list).toBe('active');
  });

  it('frees a zapped root with its last user', () => {
    const kvm = onThreeRoots();
    kvm.sp.at(2).role.invalid = true;
    kvm.sp.at(2).list = 'none';
    expect(load(kvm, 3)).toEqual([null, 0, 1]);
    expect(kvm.sp.at(2).list).toBe('free');
  });

  it('does not take a zapped root, nor one of another role', () => {
    const zapped = onThreeRoots();
    zapped.sp.at(1).role.invalid = true;
    expect(load(zapped, 1)).toEqual([null, 0, 1]);
    const other = onThreeRoots();
    other.sp.at(1).role.cr0_wp = false;
    expect(load(other, 1)).toEqual([null, 0, 1]);
  });

  it('takes a root of another role, as the mutant has it', () => {
    const kvm = onThreeRoots({ rules: { role_cr0_wp: 'ignored' } });
    kvm.vcpu.at(0).cr0_wp = false;
    expect(load(kvm, 1)).toEqual([1, 0, 2]);
  });

  it('gets along with empty slots', () => {
    const kvm = onThreeRoots();
    kvm.vcpu.at(0).root = null;
    kvm.vcpu.at(0).prev_root.at(1).sp = null;
    expect(load(kvm, 3)).toEqual([null, null, 1]);
    expect(counts(kvm)).toEqual([1, 1, 1]);
  });

  it('keeps the count of the root that it pushes out, as the mutant has it', () => {
    const kvm = onThreeRoots({ rules: { cr3_root_count: 'kept' } });
    expect(load(kvm, 3)).toEqual([null, 0, 1]);
    expect(counts(kvm)).toEqual([1, 1, 1]);
  });
});

describe('switchGivesRootBack', () => {
  it('foretells whether a switch needs mmu_lock', () => {
    for (const cr3 of [0, 1, 2, 3]) {
      const kvm = onThreeRoots();
      const before = counts(kvm);
      const foretold = switchGivesRootBack(kvm, 0, cr3);
      load(kvm, cr3);
      expect([cr3, foretold]).toEqual([cr3, counts(kvm).join() !== before.join()]);
    }
  });

  it('foretells that an empty slot needs none', () => {
    const kvm = onThreeRoots();
    kvm.vcpu.at(0).prev_root.at(1).sp = null;
    expect(switchGivesRootBack(kvm, 0, 3)).toBe(false);
  });
});

describe('kvm_mmu_reset_context', () => {
  it('gives back all roots of the vCPU', () => {
    const kvm = onThreeRoots();
    kvm.sp.at(0).root_count = 2;
    kvm.sp.at(1).role.invalid = true;
    kvm.sp.at(1).list = 'none';
    kvm_mmu_reset_context(kvm, 0);
    expect(counts(kvm)).toEqual([1, 0, 0]);
    expect([0, 1, 2].map((sp) => kvm.sp.at(sp).list)).toEqual(['active', 'free', 'active']);
    const { root, prev_root } = kvm.vcpu.at(0);
    expect([root, prev_root.at(0).sp, prev_root.at(1).sp]).toEqual([null, null, null]);
  });
});

describe('mmu_free_root_page', () => {
  it('reports a root that nobody holds', () => {
    const kvm = onThreeRoots();
    mmu_free_root_page(kvm, 0);
    expect(() => mmu_free_root_page(kvm, 0)).toThrow(ModelAssumptionError);
  });
});

describe('the way into the guest', () => {
  const v = 0;

  it('builds a root, holds it, syncs and flushes, and runs', () => {
    const program = aProgram();
    const kvm = program.current;
    expect(run(program, 'vcpu_enter_guest', { v })).toBe(false);
    expect(run(program, 'kvm_mmu_load', { v })).toBe(true);
    expect([kvm.mmu_lock.holder, kvm.mmu_lock.child]).toEqual([0, 0]);
    expect(run(program, 'kvm_mmu_load', { v: 1 })).toBe(false);
    expect(run(program, 'mmu_alloc_root', { v })).toBe(true);
    expect([kvm.vcpu.at(v).root, kvm.sp.at(0).root_count]).toEqual([0, 1]);
    expect(kvm.vcpu.at(v)).toMatchObject({ request_sync: true, request_flush_current: true });
    expect(run(program, 'vcpu_enter_guest', { v })).toBe(false);
    expect(run(program, 'is_unsync_root', { v })).toBe(true);
    expect(run(program, 'vcpu_enter_guest', { v })).toBe(true);
    expect(kvm.vcpu.at(v)).toMatchObject({ pc: 'guest', request_flush_current: false });
    expect(run(program, 'kvm_mmu_load', { v: 1 })).toBe(true);
    expect(kvm.mmu_lock.child).toBe(0);
  });

  it('asks for no sync, as the mutant has it', () => {
    const program = aProgram({ rules: { load_sync: 'none' } });
    run(program, 'kvm_mmu_load', { v });
    run(program, 'mmu_alloc_root', { v });
    expect(program.current.vcpu.at(v).request_sync).toBe(false);
  });

  it('takes mmu_lock for a root with unsync pages below, and for an unsync one', () => {
    for (const make of ['unsync', 'unsync_children'] as const) {
      const program = aProgramOnThreeRoots();
      const kvm = program.current;
      aVcpu(kvm, v, { pc: 'enter' });
      kvm.vcpu.at(v).request_sync = true;
      if (make === 'unsync') kvm.sp.at(0).unsync = true;
      else kvm.sp.at(0).unsync_children = 1;
      expect(run(program, 'is_unsync_root', { v })).toBe(true);
      expect(kvm.vcpu.at(v).pc).toBe('sync_roots');
      expect(run(program, 'kvm_mmu_sync_roots', { v })).toBe(true);
      expect(kvm.mmu_lock).toMatchObject({ holder: 0, sync_parent: 0, after_sync: 'enter' });
    }
  });

  it('lets go of zapped roots first, and of those alone', () => {
    const program = aProgramOnThreeRoots();
    const kvm = program.current;
    aVcpu(kvm, v, { pc: 'enter' });
    kvm.vcpu.at(v).request_free_obsolete_roots = true;
    for (const sp of [0, 1]) {
      kvm.sp.at(sp).role.invalid = true;
      kvm.sp.at(sp).list = 'none';
    }
    expect(run(program, 'vcpu_enter_guest', { v })).toBe(false);
    expect(run(program, 'kvm_mmu_free_obsolete_roots', { v })).toBe(true);
    const { root, prev_root } = kvm.vcpu.at(v);
    expect([root, prev_root.at(0).sp, prev_root.at(1).sp]).toEqual([null, null, 2]);
    expect(kvm.vcpu.at(v).pc).toBe('flush');
    expect(run(program, 'kvm_flush_remote_tlbs', { v })).toBe(true);
    expect([0, 1, 2].map((sp) => kvm.sp.at(sp).list)).toEqual(['free', 'free', 'active']);
    expect([kvm.vcpu.at(v).pc, kvm.mmu_lock.holder]).toEqual(['enter', null]);
  });

  it('does not wait for a flush when the roots are valid', () => {
    const program = aProgramOnThreeRoots();
    aVcpu(program.current, v, { pc: 'enter' });
    program.current.vcpu.at(v).request_free_obsolete_roots = true;
    expect(run(program, 'kvm_mmu_free_obsolete_roots', { v })).toBe(true);
    expect(program.current.vcpu.at(v)).toMatchObject({ root: 0, pc: 'enter' });
    expect(program.current.mmu_lock.holder).toBe(null);
  });

  it('waits for mmu_lock only to let go of a root', () => {
    for (const invalid of [false, true]) {
      const program = aProgramOnThreeRoots();
      aVcpu(program.current, v, { pc: 'enter' });
      program.current.vcpu.at(v).request_free_obsolete_roots = true;
      program.current.sp.at(2).role.invalid = invalid;
      program.current.mmu_lock.holder = 1;
      expect(run(program, 'kvm_mmu_free_obsolete_roots', { v })).toBe(!invalid);
    }
  });
});
