import { describe, expect, it } from 'vitest';
import { ACC_USER_MASK } from '../../../model/access.ts';
import { gpte, gpte_accessed, gpte_dirty, NO_GPTE } from '../../../model/gpte.ts';
import { NO_SPTE } from '../../../model/spte.ts';
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

const walk = 'FNAME(walk_addr)';
const v = 0;

interface FaultInput extends KvmInput {
  readonly kind?: number;
  readonly root?: number;
  readonly leaf?: number;
}

/** vCPU 0 on root 0 has faulted at address 0, before the first read of the walk. */
const aProgramThatFaulted = ({ root, leaf, kind = 0, ...input }: FaultInput = {}) => {
  const program = aProgram({
    initialMemory: [
      [root ?? gpte({ gfn: 1 }), NO_GPTE],
      [leaf ?? gpte({ gfn: 4 }), NO_GPTE],
    ],
    ...input,
  });
  const kvm = program.current;
  aPage(kvm, 0, { gfn: 0, level: 2, root_count: 1 });
  aVcpu(kvm, v, { pc: 'walk_addr' });
  kvm.vcpu.at(v).insn.kind = kind;
  kvm.vcpu.at(v).walker.level = kvm.geometry.levels;
  const step = (name: string) => {
    expect(run(program, name, { v })).toBe(true);
    return kvm.vcpu.at(v).pc;
  };
  return { program, kvm, step };
};

describe('FNAME(walk_addr)', () => {
  it('reads one entry a step, then goes for mmu_lock', () => {
    const { kvm, step } = aProgramThatFaulted();
    expect([step(walk), step(walk)]).toEqual(['walk_addr', 'lock_page_fault']);
    const { ptes, level } = kvm.vcpu.at(v).walker;
    expect([ptes.get(1), ptes.get(0), level]).toEqual([gpte({ gfn: 1 }), gpte({ gfn: 4 }), 0]);
  });

  it('ends with a #PF at an entry that is not present', () => {
    const { kvm, step } = aProgramThatFaulted({ root: NO_GPTE });
    kvm.vcpu.at(v).insn.present = true;
    expect(step(walk)).toBe('inject_page_fault');
    expect(kvm.vcpu.at(v).insn.present).toBe(false);
    expect(kvm.vcpu.at(v).ghost_fault_justified).toBe(true);
  });

  it('ends with a #PF when some level forbids the access', () => {
    for (const entry of ['root', 'leaf'] as const) {
      const read = gpte({ gfn: entry === 'root' ? 1 : 4, access: ACC_USER_MASK });
      const { kvm, step } = aProgramThatFaulted({ [entry]: read, kind: 1 });
      expect([step(walk), step(walk)]).toEqual(['walk_addr', 'inject_page_fault']);
      expect(kvm.vcpu.at(v).insn.present).toBe(true);
    }
  });

  it('lets a supervisor write while CR0.WP is clear, unless the mutant forgot', () => {
    const supervisorWrite = (rules: FaultInput['rules'] = {}) => {
      const leaf = gpte({ gfn: 4, access: ACC_USER_MASK });
      const geometry = { kinds: ['sr', 'sw'] as const };
      const { kvm, step } = aProgramThatFaulted({ leaf, kind: 4, geometry, rules });
      kvm.vcpu.at(v).cr0_wp = false;
      return [step(walk), step(walk)].at(-1);
    };
    expect(supervisorWrite()).toBe('lock_page_fault');
    expect(supervisorWrite({ walk_cr0_wp: 'stale' })).toBe('inject_page_fault');
  });

  it('sends a write to a present SPTE of a tracked gfn to the emulator', () => {
    const { kvm, step } = aProgramThatFaulted({ leaf: gpte({ gfn: 0 }), kind: 1 });
    kvm.vcpu.at(v).insn.present = true;
    kvm.sp.at(0).write_flooding_count = 1;
    expect([step(walk), step(walk)]).toEqual(['walk_addr', 'emulate_write']);
    expect(kvm.sp.at(0).write_flooding_count).toBe(0);
  });
});

describe('FNAME(update_accessed_dirty_bits)', () => {
  const update = 'FNAME(update_accessed_dirty_bits)';
  const fresh = (gfn: number) => gpte({ gfn, accessed: false, dirty: false });

  it('sets the accessed flag of each level, and dirty of the leaf for a write alone', () => {
    for (const kind of [0, 1]) {
      const { kvm, step } = aProgramThatFaulted({ root: fresh(1), leaf: fresh(4), kind });
      expect([step(walk), step(walk)]).toEqual(['walk_addr', 'update_accessed_dirty_bits']);
      expect([step(update), step(update)]).toEqual([
        'update_accessed_dirty_bits',
        'lock_page_fault',
      ]);
      const entries = [kvm.memory.at(0).get(0), kvm.memory.at(1).get(0)];
      expect(entries.map(gpte_accessed)).toEqual([true, true]);
      expect(entries.map(gpte_dirty)).toEqual([false, kind === 1]);
      expect(kvm.vcpu.at(v).walker.ptes.get(0)).toBe(entries[1]);
    }
  });

  it('walks again when the entry has changed since it was read', () => {
    const { kvm, step } = aProgramThatFaulted({ leaf: fresh(4) });
    [step(walk), step(walk)].forEach(String);
    kvm.memory.at(1).set(0, NO_GPTE);
    expect(step(update)).toBe('walk_addr');
    expect(kvm.vcpu.at(v).walker.level).toBe(2);
    expect(kvm.memory.at(1).get(0)).toBe(NO_GPTE);
  });

  it('sets dirty when the accessed flag is set already', () => {
    const { kvm, step } = aProgramThatFaulted({ leaf: gpte({ gfn: 4, dirty: false }), kind: 1 });
    [step(walk), step(walk)].forEach(String);
    expect(step(update)).toBe('lock_page_fault');
    expect(kvm.memory.at(1).get(0)).toBe(gpte({ gfn: 4 }));
  });
});

describe('FNAME(page_fault)', () => {
  const locked = (input: FaultInput = {}) => {
    const fault = aProgramThatFaulted(input);
    [fault.step(walk), fault.step(walk)].forEach(String);
    return fault;
  };

  it('takes mmu_lock and starts at the root', () => {
    const { kvm, step } = locked();
    expect(step('FNAME(page_fault)')).toBe('get_child_sp');
    expect(kvm.mmu_lock).toMatchObject({ holder: 0, level: 2, sp: 0 });
  });

  it('waits for mmu_lock', () => {
    const { program, kvm } = locked();
    kvm.mmu_lock.holder = 1;
    expect(run(program, 'FNAME(page_fault)', { v })).toBe(false);
  });

  it('gives up when the root was zapped, unless the mutant does not look', () => {
    for (const stale_root_check of ['checked', 'skipped'] as const) {
      const { kvm, step } = locked({ rules: { stale_root_check } });
      kvm.sp.at(0).role.invalid = true;
      const next = stale_root_check === 'checked' ? 'enter' : 'get_child_sp';
      expect(step('FNAME(page_fault)')).toBe(next);
      expect(kvm.mmu_lock.holder).toBe(next === 'enter' ? null : 0);
    }
  });

  it('gives up when the top entry changed since the walk, unless it is never read again', () => {
    for (const gpte_recheck of ['always', 'new-page-only', 'never'] as const) {
      const { kvm, step } = locked({ rules: { gpte_recheck } });
      kvm.memory.at(0).set(0, NO_GPTE);
      const next = gpte_recheck === 'never' ? 'get_child_sp' : 'enter';
      expect(step('FNAME(page_fault)')).toBe(next);
    }
  });
});

describe('kvm_inject_emulated_page_fault', () => {
  const inject = 'kvm_inject_emulated_page_fault';

  /** A #PF is due at address 0, where an unsync table still has a leaf and the TLB an entry. */
  const aProgramBeforeDelivery = (input: KvmInput = {}) => {
    const fault = aProgramThatFaulted({ ...input, leaf: NO_GPTE });
    const { kvm } = fault;
    aPage(kvm, 1, { gfn: 1, unsync: true });
    aLink(kvm, 0, 1);
    aMark(kvm, 0);
    aLeaf(kvm, 1, { gfn: 5 });
    kvm.vcpu.at(v).pc = 'inject_page_fault';
    kvm.vcpu.at(v).ghost_tlb.at(0).valid = true;
    return fault;
  };

  it('syncs the address and flushes when the guest entry was present', () => {
    const { kvm, step } = aProgramBeforeDelivery();
    kvm.vcpu.at(v).insn.present = true;
    expect(step(inject)).toBe('flush');
    expect(kvm.sp.at(1).spt.get(0)).toBe(NO_SPTE);
    expect(kvm.vcpu.at(v).ghost_tlb.at(0).valid).toBe(false);
    expect(step('kvm_flush_remote_tlbs')).toBe('enter');
  });

  it('leaves everything as it is when the guest entry was absent', () => {
    const { kvm, step } = aProgramBeforeDelivery();
    expect(step(inject)).toBe('enter');
    expect(kvm.sp.at(1).spt.get(0)).not.toBe(NO_SPTE);
    expect(kvm.vcpu.at(v).ghost_tlb.at(0).valid).toBe(true);
  });

  it('ends what the address may be translated to, for the strict oracle alone', () => {
    for (const oracle of ['lenient', 'strict'] as const) {
      const { kvm, step } = aProgramBeforeDelivery({ oracle });
      const frames = kvm.vcpu.at(v).ghost_allowed_frame.at(0);
      frames.add(5);
      step(inject);
      expect(frames.has(5)).toBe(oracle === 'lenient');
    }
  });

  it('waits for mmu_lock only when it has to sync', () => {
    for (const present of [false, true]) {
      const { program, kvm } = aProgramBeforeDelivery();
      kvm.vcpu.at(v).insn.present = present;
      kvm.mmu_lock.holder = 1;
      expect(run(program, inject, { v })).toBe(!present);
    }
  });

  it('needs no root, and no flush when nothing changed', () => {
    const { kvm, step } = aProgramBeforeDelivery();
    kvm.vcpu.at(v).insn.present = true;
    kvm.vcpu.at(v).root = null;
    expect(step(inject)).toBe('enter');
  });
});
