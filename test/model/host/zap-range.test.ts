import { describe, expect, it } from 'vitest';
import { gpte } from '../../../model/gpte.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, run, type KvmInput } from '../../support/kvm.ts';

describe('kvm_zap_gfn_range', () => {
  const aMapped = (input: KvmInput = {}) => {
    const program = aProgram({ budget: { zap_range: 2 }, ...input });
    const kvm = program.current;
    aLeaf(kvm, aPage(kvm, 0), { gfn: 4 });
    const vcpu = kvm.vcpu.at(1);
    vcpu.pc = 'lock_page_fault';
    vcpu.walker.ptes.set(1, gpte({ gfn: 1 }));
    vcpu.walker.ptes.set(0, gpte({ gfn: 4 }));
    return { program, kvm, vcpu };
  };

  it('is an invalidation while it holds mmu_lock, and leaves its mark', () => {
    const { program, kvm, vcpu } = aMapped();
    expect(run(program, 'kvm_zap_gfn_range', { gfn: '0x1' })).toBe(false);
    expect(run(program, 'kvm_zap_gfn_range', { gfn: '0x4' })).toBe(true);
    expect(kvm.mmu_notifier.mmu_invalidate_in_progress).toBe(1);
    expect(run(program, 'kvm_zap_gfn_range', { gfn: '0x5' })).toBe(false);
    expect(run(program, 'kvm_zap_gfn_range.flush')).toBe(true);
    expect(kvm.mmu_notifier.mmu_invalidate_in_progress).toBe(0);
    expect(kvm.mmu_notifier.mmu_invalidate_seq).toBe(1);
    expect(vcpu.fault.ghost_predates).toBe(true);
  });

  it('has nothing to flush where nothing is mapped', () => {
    const { program, kvm, vcpu } = aMapped();
    expect(run(program, 'kvm_zap_gfn_range', { gfn: '0x5' })).toBe(true);
    expect([kvm.zapper.pc, kvm.mmu_notifier.mmu_invalidate_seq]).toEqual(['idle', 1]);
    expect(vcpu.fault.ghost_predates).toBe(false);
  });
});

describe('kvm_mmu_zap_all', () => {
  it('takes every page when no vCPU is left, and is the end', () => {
    const program = aProgram({ budget: { zap_all: 1 } });
    const kvm = program.current;
    aPage(kvm, 0, { level: 2, root_count: 1 });
    aLink(kvm, 0, aPage(kvm, 1));
    aLeaf(kvm, 1, { gfn: 4 });
    aVcpu(kvm, 0, { root: 0 });
    expect(run(program, 'kvm_mmu_zap_all')).toBe(false);
    kvm.vcpu.at(0).pc = 'enter';
    expect(run(program, 'kvm_mmu_zap_all')).toBe(true);
    expect(run(program, 'vcpu_enter_guest', { v: 0 })).toBe(false);
    expect(run(program, 'kvm_mmu_zap_all.commit')).toBe(true);
    expect([0, 1].map((sp) => kvm.sp.at(sp).list)).toEqual(['none', 'free']);
    expect(kvm.rmap.at(4).bits).toBe(0);
    expect(run(program, 'kvm_mmu_load', { v: 1 })).toBe(false);
  });
});
