import { describe, expect, it } from 'vitest';
import { isCopyAwaited, isHostReadOnly } from '../../../model/host/frames.ts';
import { pfnOf } from '../../../model/shadow/mmu-page.ts';
import { kindNames } from '../../../model/shadow/walker.ts';
import { gpte } from '../../../model/gpte.ts';
import { is_mmu_writable_spte, is_writable_pte, isHostWritable } from '../../../model/spte.ts';
import { aLeaf, aPage, aProgram, run, type KvmInput } from '../../support/kvm.ts';

const start = 'kvm_mmu_notifier_invalidate_range_start';
const end = 'kvm_mmu_notifier_invalidate_range_end';

/** Frame 5 is read-only for the host, frame 4 is not. */
const aSharingHost = (input: KvmInput = {}) => {
  const program = aProgram({
    budget: { notifier: 1, host_share: 1 },
    geometry: { gfns: 6, host_readonly: [5] },
    ...input,
  });
  return { program, kvm: program.current };
};

describe('hostSharesFrame', () => {
  it('puts a read-only frame behind another guest frame too, between start and end', () => {
    const { program, kvm } = aSharingHost();
    expect(run(program, 'hostSharesFrame', { pfn: '0x5' })).toBe(false);
    run(program, start, { gfn: '0x4' });
    expect(run(program, 'hostSharesFrame', { pfn: '0x3' })).toBe(false);
    expect(run(program, 'hostSharesFrame', { pfn: '0x5' })).toBe(true);
    expect([pfnOf(kvm, 4), isHostReadOnly(kvm, 4)]).toEqual([5, true]);
    expect(run(program, end)).toBe(true);
  });

  it('makes a frame read-only where it is', () => {
    const { program, kvm } = aSharingHost();
    run(program, start, { gfn: '0x4' });
    expect(run(program, 'hostSharesFrame', { pfn: '0x4' })).toBe(true);
    expect([pfnOf(kvm, 4), isHostReadOnly(kvm, 4)]).toEqual([4, true]);
  });

  it('changes leaves in place, as the mutant has it', () => {
    const { program, kvm } = aSharingHost({ rules: { change_pte: 'host-writable-only' } });
    aLeaf(kvm, aPage(kvm, 0), { gfn: 4 });
    run(program, start, { gfn: '0x4' });
    run(program, 'hostSharesFrame', { pfn: '0x5' });
    const spte = kvm.sp.at(0).spt.get(0);
    expect([isHostWritable(spte), is_writable_pte(spte)]).toEqual([false, false]);
    expect(is_mmu_writable_spte(spte)).toBe(true);
  });
});

describe('a write to a frame that the host maps read-only', () => {
  const aFault = (kind: 'ur' | 'uw') => {
    const { program, kvm } = aSharingHost({
      geometry: { gfns: 6, pfns: 7, host_readonly: [5] },
      budget: {},
    });
    const vcpu = kvm.vcpu.at(0);
    vcpu.pc = 'faultin_pfn';
    vcpu.insn.kind = kindNames.indexOf(kind);
    vcpu.walker.ptes.set(1, gpte({ gfn: 1 }));
    vcpu.walker.ptes.set(0, gpte({ gfn: 5 }));
    return { program, kvm, vcpu, look: () => run(program, 'kvm_mmu_faultin_pfn', { v: 0 }) };
  };

  it('waits until the host has copied it, which costs no budget', () => {
    const { program, kvm, vcpu, look } = aFault('uw');
    expect([isCopyAwaited(kvm, 5), look()]).toEqual([true, false]);
    expect(run(program, start, { gfn: '0x4' })).toBe(false);
    expect(run(program, start, { gfn: '0x5' })).toBe(true);
    expect(run(program, end)).toBe(false);
    expect(run(program, 'hostMovesFrame', { pfn: '0x6' })).toBe(true);
    expect([isHostReadOnly(kvm, 5), look()]).toEqual([false, true]);
    expect([vcpu.fault.pfn, vcpu.fault.map_readonly]).toEqual([6, false]);
    expect(run(program, end)).toBe(true);
  });

  it('is not a read, which maps it without the write right', () => {
    const { vcpu, look } = aFault('ur');
    expect(look()).toBe(true);
    expect([vcpu.fault.pfn, vcpu.fault.map_readonly]).toEqual([5, true]);
  });
});
