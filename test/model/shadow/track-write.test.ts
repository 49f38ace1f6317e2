import { describe, expect, it } from 'vitest';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import { NO_SPTE } from '../../../model/spte.ts';
import { aLink, aLeaf, aPage, aProgram, aVcpu, run, type KvmInput } from '../../support/kvm.ts';

const v = 0;
const track_write = 'kvm_mmu_track_write';

/**
 * vCPU 0 is about to emulate a store of nothing into entry 0 of the root.
 *
 *     sp0 l2 gfn 0 [0] -> sp1 l1 gfn 1
 */
const aProgramBeforeTheStore = ({ geometry, ...input }: KvmInput = {}) => {
  const program = aProgram({
    initialMemory: [[gpte({ gfn: 1 }), NO_GPTE]],
    stores: [{ gfn: 0, index: 0, value: NO_GPTE }],
    budget: { store: 1 },
    ...input,
    geometry: { flood_threshold: 3, ...geometry },
  });
  const kvm = program.current;
  aPage(kvm, 0, { gfn: 0, level: 2, root_count: 1 });
  aPage(kvm, 1);
  aLink(kvm, 0, 1);
  aVcpu(kvm, v, { pc: 'emulate_write' });
  kvm.vcpu.at(v).insn.store = 1;
  kvm.vcpu.at(v).walker.ptes.set(0, gpte({ gfn: 0 }));
  const step = (name: string) => {
    expect(run(program, name, { v })).toBe(true);
    return kvm.vcpu.at(v).pc;
  };
  const toTrackWrite = () => {
    expect(step('emulator_write_phys')).toBe('read_indirect_shadow_pages');
    expect(step('kvm_mmu_track_write.read_indirect_shadow_pages')).toBe('track_write');
  };
  return { program, kvm, step, toTrackWrite };
};

describe('emulator_write_phys', () => {
  it('stores and remembers the old value until its shadow is gone', () => {
    const { kvm, step } = aProgramBeforeTheStore();
    expect(step('emulator_write_phys')).toBe('read_indirect_shadow_pages');
    expect([kvm.memory.at(0).get(0), kvm.budget.store]).toEqual([NO_GPTE, 0]);
    const { emulated } = kvm.vcpu.at(v);
    expect(emulated).toMatchObject({ pending: true, gfn: 0, index: 0, old: gpte({ gfn: 1 }) });
  });

  it('writes data without a change to any table', () => {
    const { kvm, step } = aProgramBeforeTheStore();
    kvm.vcpu.at(v).insn.store = 0;
    expect(step('emulator_write_phys')).toBe('read_indirect_shadow_pages');
    expect([kvm.memory.at(0).get(0), kvm.budget.store]).toEqual([gpte({ gfn: 1 }), 1]);
  });

  it('completes the instruction, so that the guest does not repeat it', () => {
    const { kvm, step } = aProgramBeforeTheStore({ retries: true });
    kvm.vcpu.at(v).ghost_faults = 2;
    step('emulator_write_phys');
    expect(kvm.vcpu.at(v).ghost_faults).toBe(0);
  });
});

describe('kvm_mmu_track_write', () => {
  it('has nothing to do without any indirect shadow page', () => {
    const { kvm, step } = aProgramBeforeTheStore();
    kvm.arch.indirect_shadow_pages = 0;
    step('emulator_write_phys');
    expect(step('kvm_mmu_track_write.read_indirect_shadow_pages')).toBe('enter');
    expect(kvm.vcpu.at(v).emulated.pending).toBe(false);
  });

  it('does nothing, as the mutant has it', () => {
    const { step } = aProgramBeforeTheStore({ rules: { emulated_write: 'untracked' } });
    step('emulator_write_phys');
    expect(step('kvm_mmu_track_write.read_indirect_shadow_pages')).toBe('enter');
  });

  it('zaps the entry built from the old value, and flushes', () => {
    const { kvm, step, toTrackWrite } = aProgramBeforeTheStore();
    toTrackWrite();
    expect(step(track_write)).toBe('flush');
    expect([kvm.sp.at(0).spt.get(0), kvm.sp.at(1).parent_ptes.bits]).toEqual([NO_SPTE, 0]);
    expect(kvm.sp.at(0).write_flooding_count).toBe(1);
    expect(step('kvm_flush_remote_tlbs')).toBe('enter');
    expect([kvm.mmu_lock.holder, kvm.vcpu.at(v).emulated.pending]).toEqual([null, false]);
  });

  it('zaps in every page of the gfn, and leaves other entries alone', () => {
    const { kvm, step, toTrackWrite } = aProgramBeforeTheStore();
    aPage(kvm, 2, { gfn: 0, level: 1 });
    aLeaf(kvm, 2, { index: 0, gfn: 4 });
    aLeaf(kvm, 2, { index: 1, gfn: 5 });
    toTrackWrite();
    step(track_write);
    expect(kvm.sp.at(2).spt.get(0)).toBe(NO_SPTE);
    expect(kvm.sp.at(2).spt.get(1)).not.toBe(NO_SPTE);
  });

  it('needs no flush when nothing was there, and forgets it as the mutant has it', () => {
    const empty = aProgramBeforeTheStore();
    empty.kvm.sp.at(0).spt.set(0, NO_SPTE);
    empty.toTrackWrite();
    expect(empty.step(track_write)).toBe('enter');
    const mutant = aProgramBeforeTheStore({ rules: { track_flush: 'none' } });
    mutant.toTrackWrite();
    expect(mutant.step(track_write)).toBe('enter');
    expect(mutant.kvm.ghost_owed.link).toBe(true);
  });

  it('zaps a page above 4K that is written too often', () => {
    const { kvm, step, toTrackWrite } = aProgramBeforeTheStore({
      geometry: { flood_threshold: 1 },
    });
    toTrackWrite();
    step(track_write);
    expect([kvm.sp.at(0).role.invalid, kvm.sp.at(0).list]).toEqual([true, 'none']);
  });

  it('passes over zapped pages, unless the mutant handles them too', () => {
    for (const gfn_iteration of ['valid-only', 'invalid-too'] as const) {
      const geometry = { flood_threshold: 1 };
      const { kvm, step, toTrackWrite } = aProgramBeforeTheStore({
        geometry,
        rules: { gfn_iteration },
      });
      kvm.sp.at(0).role.invalid = true;
      kvm.sp.at(0).list = 'none';
      toTrackWrite();
      step(track_write);
      const warning = gfn_iteration === 'valid-only' ? 'none' : 'page-unlisted-twice';
      expect(kvm.ghost.warning).toBe(warning);
    }
  });

  it('waits for mmu_lock', () => {
    const { program, kvm, toTrackWrite } = aProgramBeforeTheStore();
    toTrackWrite();
    kvm.mmu_lock.holder = 1;
    expect(run(program, track_write, { v })).toBe(false);
  });
});
