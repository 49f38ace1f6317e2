import { describe, expect, it } from 'vitest';
import { generationOf, gfn_to_memslot, isInSomeSlot } from '../../../model/memslot.ts';
import { kvm_unmap_gfn_range } from '../../../model/host/notifier.ts';
import { kvm_mmu_alloc_shadow_page } from '../../../model/shadow/find.ts';
import { makeRole, rootRole, setRole } from '../../../model/shadow/mmu-page.ts';
import { protectTable } from '../../../model/shadow/rmap.ts';
import { rmapKey, rmapKeyIn } from '../../../model/shadow/rmap-key.ts';
import { kvm_gfn_is_write_tracked } from '../../../model/shadow/unsync.ts';
import { is_writable_pte } from '../../../model/spte.ts';
import { aLeaf, aPage, aProgram, aVcpu, run, type KvmInput } from '../../support/kvm.ts';

const smram = {
  bases: [4],
  npages: 1,
  changes: ['create'],
  present: true,
  readonly: false,
  generations: 4,
  as_id: 1,
} as const;

const aMachine = (rules: KvmInput['rules'] = {}) =>
  aProgram({ budget: { smi: 1 }, geometry: { smm: true, vcpus: 1, memslot: smram }, rules });

/** A page of the second address space, with a leaf for gfn 3. */
const aLeafOfSmm = (kvm: ReturnType<typeof aMachine>['current']) => {
  aPage(kvm, 0, { gfn: 2, direct: true });
  setRole(kvm.sp.at(0).role, makeRole(1, 7, true, false, false, false, false, true));
  aLeaf(kvm, 0, { gfn: 3, index: 1 });
  const { rmap } = kvm;
  for (let key = 0; key < rmap.length; key += 1) rmap.at(key).bits = 0;
  rmap.at(rmapKeyIn(kvm, kvm.sp.at(0), 3)).add(1);
};

describe('enter_smm', () => {
  it('changes the address space and switches paging off; RSM undoes both', () => {
    const program = aMachine();
    const kvm = program.current;
    aPage(kvm, 0, { level: 2, root_count: 1 });
    aVcpu(kvm, 0, { root: 0 });
    const vcpu = kvm.vcpu.at(0);
    expect(run(program, 'emulator_leave_smm', { v: 0 })).toBe(false);
    const outside = rootRole(kvm, 0);
    expect(run(program, 'enter_smm', { v: 0 })).toBe(true);
    expect([vcpu.smm, vcpu.cr0_pg_clear, vcpu.root]).toEqual([true, true, null]);
    expect(rootRole(kvm, 0)).not.toBe(outside);
    vcpu.pc = 'guest';
    expect(run(program, 'emulator_leave_smm', { v: 0 })).toBe(true);
    expect([vcpu.smm, vcpu.cr0_pg_clear, rootRole(kvm, 0)]).toEqual([false, false, outside]);
    vcpu.pc = 'guest';
    expect(run(program, 'enter_smm', { v: 0 })).toBe(false);
  });
});

describe('two address spaces', () => {
  it('have slots and generations of their own', () => {
    const kvm = aMachine().current;
    expect([0, 1].map((as_id) => gfn_to_memslot(kvm, 4, as_id))).toEqual(['none', 'changing']);
    expect([0, 1].map((as_id) => gfn_to_memslot(kvm, 3, as_id))).toEqual(['other', 'other']);
    expect(isInSomeSlot(kvm, 4)).toBe(true);
    kvm.memslots.generation = 1;
    expect([0, 1].map((as_id) => generationOf(kvm, as_id))).toEqual([0, 3]);
  });

  it('have rmaps of their own, which the notifier zaps, and protection does not', () => {
    for (const [rules, zapped] of [
      [{}, true],
      [{ notifier_spaces: 'first' }, false],
    ] as const) {
      const kvm = aMachine(rules).current;
      aLeafOfSmm(kvm);
      expect(rmapKeyIn(kvm, kvm.sp.at(0), 3)).not.toBe(rmapKey(kvm, 3, 1));
      expect(kvm_unmap_gfn_range(kvm, { start: 3, end: 4 })).toBe(zapped);
    }
    for (const [rules, writable] of [
      [{}, true],
      [{ table_protect_spaces: 'every' }, false],
    ] as const) {
      const kvm = aMachine(rules).current;
      aLeafOfSmm(kvm);
      protectTable(kvm, 3, 0);
      expect(is_writable_pte(kvm.sp.at(0).spt.get(1))).toBe(writable);
    }
  });

  it('count tables on their own, and ask for both', () => {
    for (const [rules, tracked] of [
      [{}, true],
      [{ write_track_spaces: 'own' }, false],
    ] as const) {
      const kvm = aMachine(rules).current;
      kvm_mmu_alloc_shadow_page(kvm, 1, makeRole(2, 7, false, true));
      expect(kvm_gfn_is_write_tracked(kvm, 1, 0)).toBe(true);
      expect(kvm_gfn_is_write_tracked(kvm, 1, 1)).toBe(tracked);
    }
  });
});
