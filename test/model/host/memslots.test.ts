import { describe, expect, it } from 'vitest';
import type { Memslot } from '../../../model/geometry.ts';
import { gfn_to_memslot, isMemory, isReadOnly } from '../../../model/memslot.ts';
import { aProgram, aVcpu, run } from '../../support/kvm.ts';

const withSlot = (slot: Partial<Memslot> = {}) => {
  const memslot: Memslot = {
    bases: [4],
    npages: 2,
    changes: ['create', 'delete', 'move', 'flags'],
    present: true,
    readonly: false,
    generations: 8,
    ...slot,
  };
  const program = aProgram({ geometry: { gfns: 8, memslot }, budget: { memslot: 4 } });
  aVcpu(program.current, 0, { root: null });
  aVcpu(program.current, 1, { root: null });
  return program;
};

describe('gfn_to_memslot', () => {
  it('tells the slot that changes from those that stay', () => {
    const { current } = withSlot();
    const found = [3, 4, 5, 6].map((gfn) => gfn_to_memslot(current, gfn, 0));
    expect(found).toEqual(['other', 'changing', 'changing', 'other']);
    current.memslots.state = 'absent';
    expect(gfn_to_memslot(current, 4, 0)).toBe('none');
  });

  it('finds a slot that is about to go, behind which is no memory any more', () => {
    const { current } = withSlot();
    current.memslots.state = 'invalid';
    expect(gfn_to_memslot(current, 4, 0)).toBe('changing');
    expect([isMemory(current, 4, 0), isMemory(current, 3, 0)]).toEqual([false, true]);
  });

  it('knows where a read-only slot is', () => {
    const { current } = withSlot({ readonly: true });
    expect([isReadOnly(current, 4, 0), isReadOnly(current, 3, 0)]).toEqual([true, false]);
  });
});

describe('kvm_set_memory_region', () => {
  it('creates what is absent, deletes and moves what is present', () => {
    const program = withSlot();
    const may = (change: string): boolean => {
      const enabled = run(withSlot(), 'kvm_set_memory_region', { change });
      return enabled;
    };
    expect(['create', 'delete', 'move', 'flags'].map(may)).toEqual([false, true, true, true]);
    program.current.memslots.state = 'absent';
    expect(run(program, 'kvm_set_memory_region', { change: 'delete' })).toBe(false);
    expect(run(program, 'kvm_set_memory_region', { change: 'create' })).toBe(true);
  });

  it('waits for vCPUs that are in KVM before it advances the generation', () => {
    const program = withSlot();
    const kvm = program.current;
    kvm.vcpu.at(1).pc = 'walk_addr';
    run(program, 'kvm_set_memory_region', { change: 'delete' });
    expect(kvm.memslots).toMatchObject({ state: 'invalid', update_in_progress: true });
    expect(run(program, 'kvm_swap_active_memslots')).toBe(false);
    kvm.vcpu.at(1).srcu_awaited = false;
    expect(run(program, 'kvm_swap_active_memslots')).toBe(true);
    expect(kvm.memslots).toMatchObject({ pc: 'zap-all', generation: 1 });
    expect(kvm.memslots.update_in_progress).toBe(false);
  });

  it('deletes by way of an invalid slot, in two generations', () => {
    const program = withSlot();
    const kvm = program.current;
    run(program, 'kvm_set_memory_region', { change: 'delete' });
    run(program, 'kvm_swap_active_memslots');
    run(program, 'kvm_mmu_zap_all_fast');
    run(program, 'kvm_zap_obsolete_pages');
    run(program, 'kvm_activate_memslot');
    for (const v of [0, 1]) kvm.vcpu.at(v).srcu_awaited = false;
    run(program, 'kvm_swap_active_memslots');
    expect(kvm.memslots).toMatchObject({ pc: 'idle', state: 'absent', generation: 2 });
  });

  it('moves a slot to its other place', () => {
    const program = withSlot({ bases: [4, 6] });
    const kvm = program.current;
    run(program, 'kvm_set_memory_region', { change: 'move' });
    run(program, 'kvm_swap_active_memslots');
    run(program, 'kvm_mmu_zap_all_fast');
    run(program, 'kvm_zap_obsolete_pages');
    run(program, 'kvm_activate_memslot');
    expect([4, 6].map((gfn) => gfn_to_memslot(kvm, gfn, 0))).toEqual(['none', 'changing']);
  });

  it('zaps everything before a generation that wraps is stored', () => {
    const program = withSlot({ generations: 2 });
    const kvm = program.current;
    kvm.memslots.generation = 1;
    run(program, 'kvm_set_memory_region', { change: 'flags' });
    run(program, 'kvm_swap_active_memslots');
    expect(kvm.memslots).toMatchObject({ pc: 'zap-all', update_in_progress: true });
    run(program, 'kvm_mmu_zap_all_fast');
    run(program, 'kvm_zap_obsolete_pages');
    expect(kvm.memslots).toMatchObject({ pc: 'idle', generation: 0, update_in_progress: false });
  });
});
