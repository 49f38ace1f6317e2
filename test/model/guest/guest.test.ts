import { describe, expect, it } from 'vitest';
import { scenarioKind, storeKind } from '../../../model/guest/guest.ts';
import { ACC_USER_MASK } from '../../../model/access.ts';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import {
  aKvm,
  aLeaf,
  aLink,
  aPage,
  aProgram,
  aVcpu,
  run,
  type KvmInput,
} from '../../support/kvm.ts';

const v = 0;
const plenty = { fault: 2, store: 2, invlpg: 2, cr3: 2, wp: 2 };

/**
 * vCPU 0 is in the guest on root 0. The guest stores to table 1 through address 1.
 *
 *     sp0 l2 [0] -> sp1 l1 [0] -> gfn 4, user read
 *                          [1] -> gfn 1, all rights, unsync
 */
const aProgramInTheGuest = (input: KvmInput = {}) => {
  const program = aProgram({
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 4, access: ACC_USER_MASK }), gpte({ gfn: 1 })],
    ],
    stores: [{ gfn: 1, index: 0, value: NO_GPTE }],
    budget: plenty,
    ...input,
    geometry: { cr3: [0, 2], ...input.geometry },
  });
  const kvm = program.current;
  aPage(kvm, 0, { gfn: 0, level: 2, root_count: 1 });
  aPage(kvm, 1, { unsync: true });
  aLink(kvm, 0, 1);
  aLeaf(kvm, 1, { index: 0, gfn: 4, access: ACC_USER_MASK });
  aLeaf(kvm, 1, { index: 1, gfn: 1 });
  aVcpu(kvm, v);
  return program;
};

const access = (kind: string, va = '0x0') => ({ v, va, kind });
const store = { v, va: '0x1', store: '0x1[0] := not present' };

describe('kinds of access', () => {
  it('are those of the scenario, and stores use the first that writes', () => {
    const kvm = aKvm({ geometry: { kinds: ['sr', 'sw', 'uw'] } });
    expect([scenarioKind(kvm, 1), scenarioKind(kvm, 9)]).toEqual(['sw', 'ur']);
    expect(storeKind(kvm)).toBe('sw');
    expect(storeKind(aKvm({ geometry: { kinds: ['ur'] } }))).toBe('uw');
  });
});

describe('guestAccess', () => {
  it('completes without a change when a translation permits it', () => {
    const program = aProgramInTheGuest();
    const before = program.fingerprint();
    expect(run(program, 'guestAccess', access('ur'))).toBe(true);
    expect(program.fingerprint()).toBe(before);
  });

  it('exits with address and kind when none does', () => {
    const program = aProgramInTheGuest();
    const kvm = program.current;
    expect(run(program, 'guestAccess', access('uw'))).toBe(true);
    expect(kvm.vcpu.at(v)).toMatchObject({ pc: 'walk_addr', ghost_fault_justified: true });
    expect(kvm.vcpu.at(v).insn).toMatchObject({ va: 0, kind: 1, store: 0, present: true });
    expect([kvm.vcpu.at(v).walker.level, kvm.budget.fault]).toEqual([2, 1]);
  });

  it('says in the error code that no entry is present', () => {
    const program = aProgramInTheGuest();
    run(program, 'guestAccess', access('ur', '0x2'));
    expect(program.current.vcpu.at(v).insn.present).toBe(false);
  });

  it('does not happen outside the guest, elsewhere, or beyond the budget', () => {
    const outside = aProgramInTheGuest();
    outside.current.vcpu.at(v).pc = 'enter';
    expect(run(outside, 'guestAccess', access('ur'))).toBe(false);
    const elsewhere = aProgramInTheGuest({ addresses: [1] });
    expect(run(elsewhere, 'guestAccess', access('ur'))).toBe(false);
    const spent = aProgramInTheGuest({ budget: { fault: 0 } });
    expect(run(spent, 'guestAccess', access('uw'))).toBe(false);
    const other = aProgramInTheGuest({ actors: { fault: [1] } });
    expect(run(other, 'guestAccess', access('uw'))).toBe(false);
  });

  it('repeats what faulted before anything else, and completes then', () => {
    const program = aProgramInTheGuest({ retries: true });
    const kvm = program.current;
    run(program, 'guestAccess', access('uw'));
    expect(kvm.vcpu.at(v).ghost_faults).toBe(1);
    kvm.vcpu.at(v).pc = 'guest';
    expect(run(program, 'guestAccess', access('ur'))).toBe(false);
    expect(run(program, 'guestStore', store)).toBe(false);
    expect(run(program, 'guestInvlpg', { v, va: '0x0' })).toBe(false);
    expect(run(program, 'guestMovCr3', { v, cr3: '0x2' })).toBe(false);
    aLeaf(kvm, 1, { gfn: 4 });
    expect(run(program, 'guestAccess', access('uw'))).toBe(true);
    expect(kvm.vcpu.at(v)).toMatchObject({ pc: 'guest', ghost_faults: 0 });
    expect(kvm.vcpu.at(v).insn.kind).toBe(0);
  });
});

describe('guestStore', () => {
  it('changes the table through an address that maps it', () => {
    const program = aProgramInTheGuest();
    const kvm = program.current;
    expect(run(program, 'guestStore', store)).toBe(true);
    expect([kvm.memory.at(1).get(0), kvm.budget.store]).toEqual([NO_GPTE, 1]);
    expect(run(program, 'guestStore', store)).toBe(false);
  });

  it('exits when the mapping does not let it write', () => {
    const program = aProgramInTheGuest();
    aLeaf(program.current, 1, { index: 1, gfn: 1, access: ACC_USER_MASK });
    expect(run(program, 'guestStore', store)).toBe(true);
    expect(program.current.vcpu.at(v)).toMatchObject({ pc: 'walk_addr' });
    expect(program.current.vcpu.at(v).insn).toMatchObject({ va: 1, store: 1, kind: 1 });
    expect(program.current.budget.store).toBe(2);
  });

  it('happens only through an address at which the guest sees the table', () => {
    const program = aProgramInTheGuest();
    expect(run(program, 'guestStore', { ...store, va: '0x0' })).toBe(false);
    expect(run(program, 'guestStore', { ...store, va: '0x2' })).toBe(false);
  });

  it('reaches by an old translation what is no table any more', () => {
    const program = aProgramInTheGuest();
    const { ghost_tlb } = program.current.vcpu.at(v);
    Object.assign(ghost_tlb.at(0), { valid: true, va: 1, pfn: 5, access: 7 });
    expect(run(program, 'guestStore', store)).toBe(true);
    expect(program.current.memory.at(1).get(0)).not.toBe(NO_GPTE);
  });
});

describe('guestInvlpg', () => {
  it('drops the address in hardware, and exits', () => {
    const program = aProgramInTheGuest();
    const { ghost_tlb, ghost_allowed_frame } = program.current.vcpu.at(v);
    Object.assign(ghost_tlb.at(0), { valid: true, va: 1, pfn: 1, access: 7 });
    ghost_allowed_frame.at(2).add(5);
    expect(run(program, 'guestInvlpg', { v, va: '0x1' })).toBe(true);
    expect([ghost_tlb.at(0).valid, ghost_allowed_frame.at(2).has(5)]).toEqual([false, false]);
    expect(program.current.vcpu.at(v)).toMatchObject({ pc: 'invlpg' });
    expect(program.current.vcpu.at(v).insn.va).toBe(1);
  });
});

describe('guestMovCr3', () => {
  it('loads another table, asks for a sync and a flush, and forgets what was allowed', () => {
    const program = aProgramInTheGuest();
    const vcpu = program.current.vcpu.at(v);
    vcpu.ghost_allowed_frame.at(0).add(5);
    expect(run(program, 'guestMovCr3', { v, cr3: '0x2' })).toBe(true);
    expect(vcpu).toMatchObject({ cr3: 1, root: null, pc: 'enter', ghost_invalidating: true });
    expect(vcpu).toMatchObject({ request_sync: true, request_flush_current: true });
    expect([vcpu.prev_root.at(0).sp, vcpu.ghost_allowed_frame.at(0).has(5)]).toEqual([0, false]);
  });

  it('keeps the root when the table stays, and syncs all the same', () => {
    const program = aProgramInTheGuest();
    expect(run(program, 'guestMovCr3', { v, cr3: '0x0' })).toBe(true);
    expect(program.current.vcpu.at(v)).toMatchObject({ root: 0, request_sync: true });
  });

  it('asks for no sync, as the mutant has it', () => {
    const program = aProgramInTheGuest({ rules: { cr3_sync: 'none' } });
    run(program, 'guestMovCr3', { v, cr3: '0x0' });
    expect(program.current.vcpu.at(v).request_sync).toBe(false);
  });

  it('waits for mmu_lock only when it pushes a root out', () => {
    for (const oldest of [null, 2]) {
      const program = aProgramInTheGuest();
      const kvm = program.current;
      aPage(kvm, 2, { gfn: 3, level: 2, root_count: 1 });
      kvm.vcpu.at(v).prev_root.at(0).sp = oldest;
      kvm.mmu_lock.holder = 1;
      expect(run(program, 'guestMovCr3', { v, cr3: '0x2' })).toBe(oldest === null);
    }
  });
});

describe('guestMovCr0Wp', () => {
  it('toggles the bit and gives all roots back', () => {
    const program = aProgramInTheGuest();
    const kvm = program.current;
    expect(run(program, 'guestMovCr0Wp', { v })).toBe(true);
    expect(kvm.vcpu.at(v)).toMatchObject({ cr0_wp: false, root: null, pc: 'enter' });
    expect([kvm.sp.at(0).root_count, kvm.budget.wp]).toEqual([0, 1]);
  });
});

describe('guestMovCr4', () => {
  it('toggles a bit that the scenario has, gives the roots back, and flushes for SMEP', () => {
    const program = aProgram({
      budget: { cr4: 2 },
      geometry: { cr4: ['smep', 'smap'], kinds: ['sr', 'sx'] },
    });
    const kvm = program.current;
    const v = 0;
    for (const cr4 of ['smep', 'smap'] as const) {
      aPage(kvm, 0, { gfn: 0, level: 2, root_count: 1 });
      aVcpu(kvm, v, { root: 0 });
      kvm.vcpu.at(v).request_flush_current = false;
      expect(run(program, 'guestMovCr4', { v, cr4 })).toBe(true);
      expect(kvm.vcpu.at(v).root).toBe(null);
      expect(kvm.vcpu.at(v).request_flush_current).toBe(cr4 === 'smep');
    }
    expect([kvm.vcpu.at(v).cr4_smep, kvm.vcpu.at(v).cr4_smap]).toEqual([true, true]);
    aVcpu(kvm, v);
    expect(run(program, 'guestMovCr4', { v, cr4: 'smap' })).toBe(false);
  });
});

describe('guestWrmsrEferNx', () => {
  it('toggles the mode, gives the roots back and keeps what may be cached', () => {
    const program = aProgramInTheGuest({
      budget: { ...plenty, efer_nx: 1 },
      geometry: { efer_nx: 'toggled' },
    });
    const kvm = program.current;
    const allowed = kvm.vcpu.at(v).ghost_allowed_frame;
    expect([allowed.at(0).bits, allowed.at(2).bits]).toEqual([1 << 4, 0]);
    expect(run(program, 'guestWrmsrEferNx', { v })).toBe(true);
    expect([kvm.vcpu.at(v).efer_nx_clear, kvm.vcpu.at(v).root]).toEqual([true, null]);
    expect(allowed.at(2).bits).toBe(1 << 4);
    expect(run(program, 'guestWrmsrEferNx', { v })).toBe(false);
  });
});

describe('guestInstruction', () => {
  it('completes only when both of its translations are there', () => {
    const program = aProgramInTheGuest({
      instructions: [{ fetch: 0, data: 1, kind: 'ur' }],
      geometry: { kinds: ['ur', 'ux'] },
    });
    const kvm = program.current;
    const instruction = { v, instruction: 'x 0x0 ur 0x1' };
    expect(run(program, 'guestInstruction', instruction)).toBe(true);
    expect([kvm.vcpu.at(v).pc, kvm.vcpu.at(v).insn.va]).toEqual(['walk_addr', 0]);
    aVcpu(kvm, v);
    aLeaf(kvm, 1, { index: 0, gfn: 4 });
    expect(run(program, 'guestInstruction', instruction)).toBe(true);
    expect(kvm.vcpu.at(v).pc).toBe('guest');
  });
});
