import { describe, expect, it } from 'vitest';
import {
  goTo,
  isBefore,
  isBeforeLocking,
  lock,
  mayRun,
  proceed,
} from '../../../model/shadow/lock.ts';
import { configOf, createMachine, presets } from '../../../model/index.ts';
import { ModelAssumptionError } from '../../../src/engine/machine/index.ts';
import { compileMachine } from '../../../src/engine/program.ts';
import { scenario } from '../../../model/scenario.ts';
import { aKvm, aPage, hold } from '../../support/kvm.ts';

describe('isBefore', () => {
  it('asks where the vCPU is, and for the lock when the step takes it', () => {
    const kvm = aKvm();
    kvm.vcpu.at(0).pc = 'track_write';
    expect([isBefore(kvm, 0, 'track_write'), isBefore(kvm, 0, 'enter')]).toEqual([true, false]);
    expect(isBeforeLocking(kvm, 0, 'track_write')).toBe(true);
    hold(kvm, 1);
    expect(isBeforeLocking(kvm, 0, 'track_write')).toBe(false);
  });
});

describe('mayRun', () => {
  it('lets others wait for an operation under way, with that granularity alone', () => {
    const s = scenario({
      id: 'shadow-small',
      says: 'Nothing happens.',
      geometry: { gfns: 3, tables: 2, shadow_pages: 2 },
      initialMemory: [],
      stores: [],
      budget: {},
    });
    for (const granularity of ['step', 'operation'] as const) {
      const config = configOf(s, presets.upstream, granularity);
      const { current: kvm } = compileMachine(createMachine(s.machine, config));
      kvm.vcpu.at(0).pc = 'walk_addr';
      kvm.vcpu.at(1).pc = 'enter';
      expect([mayRun(kvm, 0), mayRun(kvm, 1)]).toEqual([true, granularity === 'step']);
    }
  });
});

describe('mmu_lock', () => {
  it('is taken while it is free', () => {
    const kvm = aKvm();
    lock(kvm, 1);
    expect(kvm.mmu_lock.holder).toBe(1);
    expect(() => lock(kvm, 0)).toThrow(ModelAssumptionError);
  });

  it('is dropped on the way to a lockless step, with all locals', () => {
    const kvm = aKvm();
    hold(kvm);
    Object.assign(kvm.mmu_lock, { level: 2, sp: 1, child: 2, wrprot: true, sync_index: 1 });
    proceed(kvm, 0, 'enter');
    expect(kvm.mmu_lock).toMatchObject({ holder: null, level: 0, sp: null, child: null });
    expect(kvm.mmu_lock).toMatchObject({ wrprot: false, sync_index: 0 });
    expect(kvm.vcpu.at(0).pc).toBe('enter');
  });

  it('is kept on the way to any other step, and for a flush that is due', () => {
    const kvm = aKvm();
    hold(kvm);
    proceed(kvm, 0, 'get_child_sp');
    expect([kvm.mmu_lock.holder, kvm.vcpu.at(0).pc]).toEqual([0, 'get_child_sp']);
    kvm.mmu_lock.flush = true;
    proceed(kvm, 0, 'enter');
    expect([kvm.mmu_lock.after_flush, kvm.vcpu.at(0).pc]).toEqual(['enter', 'flush']);
  });

  it('is not dropped while zapped pages wait to be freed', () => {
    const kvm = aKvm();
    hold(kvm);
    aPage(kvm, 0);
    kvm.sp.at(0).list = 'invalid_list';
    expect(() => proceed(kvm, 0, 'enter')).toThrow(ModelAssumptionError);
  });

  it('frees at once, as the mutant has it', () => {
    const kvm = aKvm({ rules: { commit_zap: 'free-at-once' } });
    hold(kvm);
    aPage(kvm, 0);
    kvm.sp.at(0).list = 'invalid_list';
    kvm.sp.at(0).role.invalid = true;
    proceed(kvm, 0, 'enter');
    expect(kvm.sp.at(0).list).toBe('free');
  });
});

describe('goTo', () => {
  it('clears what has no meaning any more, the instruction to be repeated apart', () => {
    for (const faults of [0, 1]) {
      const vcpu = aKvm().vcpu.at(0);
      Object.assign(vcpu, { ghost_faults: faults, root_index: 1, ghost_fault_justified: true });
      Object.assign(vcpu.insn, { va: 1, kind: 1, present: true });
      vcpu.emulated.pending = true;
      vcpu.walker.ptes.set(0, 1);
      goTo(vcpu, 'enter');
      expect(vcpu).toMatchObject({ root_index: 0, ghost_fault_justified: false });
      expect([vcpu.emulated.pending, vcpu.walker.ptes.get(0)]).toEqual([false, 0]);
      expect(vcpu.insn.va).toBe(faults);
    }
  });

  it('clears nothing on the way to another step', () => {
    const vcpu = aKvm().vcpu.at(0);
    vcpu.insn.va = 1;
    goTo(vcpu, 'track_write');
    expect([vcpu.pc, vcpu.insn.va]).toEqual(['track_write', 1]);
  });
});
