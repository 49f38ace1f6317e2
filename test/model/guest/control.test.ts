import { describe, expect, it } from 'vitest';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import { leafSpte } from '../../../model/spte.ts';
import { firstUsablePfn } from '../../../model/tlb/hardware.ts';
import { guestMemoryChanged, isAllowed, resetAllowed } from '../../../model/tlb/oracle.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, run } from '../../support/kvm.ts';

const v = 0;

/** Two roots, each with a PCID; address 0 leads by the first to frame 4, by the second to 5. */
const aProgramWithPcids = () => {
  const program = aProgram({
    budget: { cr3: 4, cr4: 1, invpcid: 2 },
    geometry: { cr3: [0, 1], pcids: [0, 1], cr4: ['pcide'], vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
      [gpte({ gfn: 5 }), NO_GPTE],
    ],
  });
  const kvm = program.current;
  for (const sp of [0, 1]) aPage(kvm, sp, { gfn: sp, level: 2, root_count: 1 });
  aPage(kvm, 2, { gfn: 2 });
  aLink(kvm, 0, 2);
  aLeaf(kvm, 2, { gfn: 4 });
  aVcpu(kvm, v, { root: 0 });
  kvm.vcpu.at(v).prev_root.at(0).sp = 1;
  kvm.vcpu.at(v).prev_root.at(0).cr3 = 1;
  kvm.vcpu.at(v).cr4_pcide = true;
  const move = (name: string, args: Record<string, number | string>) => {
    kvm.vcpu.at(v).pc = 'guest';
    return run(program, name, { v, ...args });
  };
  return { kvm, move };
};

const framesAt = (kvm: Parameters<typeof isAllowed>[0]) =>
  [4, 5].filter((pfn) => isAllowed(kvm, v, 0, 'ur', pfn));

describe('guestMovCr3.noflush', () => {
  it('takes a cached root, and asks for neither a sync nor a flush', () => {
    const { kvm, move } = aProgramWithPcids();
    expect(move('guestMovCr3.noflush', { cr3: '0x1' })).toBe(true);
    const vcpu = kvm.vcpu.at(v);
    expect([vcpu.root, vcpu.prev_root.at(0).sp]).toEqual([1, 0]);
    expect([vcpu.request_sync, vcpu.request_flush_current]).toEqual([false, false]);
  });

  it('is not there before CR4.PCIDE is set, nor are other PCIDs', () => {
    const { kvm, move } = aProgramWithPcids();
    kvm.vcpu.at(v).cr4_pcide = false;
    expect(move('guestMovCr3.noflush', { cr3: '0x1' })).toBe(false);
    expect(move('guestMovCr3', { cr3: '0x1' })).toBe(false);
    expect(move('guestInvpcid', { pcid: 1 })).toBe(false);
  });

  it('keeps what each PCID may use, and adds what can be read now', () => {
    const { kvm, move } = aProgramWithPcids();
    resetAllowed(kvm, v);
    expect(framesAt(kvm)).toEqual([4]);
    move('guestMovCr3.noflush', { cr3: '0x1' });
    expect(framesAt(kvm)).toEqual([5]);
    kvm.memory.at(2).set(0, gpte({ gfn: 5 }));
    guestMemoryChanged(kvm);
    move('guestMovCr3.noflush', { cr3: '0x0' });
    expect(framesAt(kvm)).toEqual([4, 5]);
    move('guestMovCr3', { cr3: '0x0' });
    expect(framesAt(kvm)).toEqual([5]);
  });

  it('hides what the TLB holds for another PCID', () => {
    const { kvm, move } = aProgramWithPcids();
    expect(move('tlbFill', { va: '0x0', slot: 0 })).toBe(true);
    move('guestMovCr3.noflush', { cr3: '0x1' });
    expect(kvm.vcpu.at(v).ghost_tlb.at(0)).toMatchObject({ valid: true, cr3: 0, pfn: 4 });
    expect(firstUsablePfn(kvm, v, 0, 'ur')).toBe(-1);
    move('guestMovCr3.noflush', { cr3: '0x0' });
    kvm.sp.at(2).spt.set(0, leafSpte(5, 7));
    expect(firstUsablePfn(kvm, v, 0, 'ur')).toBe(4);
  });
});

describe('guestInvpcid', () => {
  it('gives back the cached root of a PCID that is not active', () => {
    const { kvm, move } = aProgramWithPcids();
    expect(move('guestInvpcid', { pcid: 1 })).toBe(true);
    const vcpu = kvm.vcpu.at(v);
    expect([vcpu.root, vcpu.prev_root.at(0).sp, vcpu.request_sync]).toEqual([0, null, false]);
  });

  it('syncs and flushes for the active one', () => {
    const { kvm, move } = aProgramWithPcids();
    expect(move('guestInvpcid', { pcid: 0 })).toBe(true);
    const vcpu = kvm.vcpu.at(v);
    expect([vcpu.root, vcpu.prev_root.at(0).sp]).toEqual([0, 1]);
    expect([vcpu.request_sync, vcpu.request_flush_current]).toEqual([true, true]);
  });
});

describe('guestMovCr4', () => {
  it('sets PCIDE once, and gives all roots back', () => {
    const { kvm, move } = aProgramWithPcids();
    expect(move('guestMovCr4', { cr4: 'pcide' })).toBe(false);
    kvm.vcpu.at(v).cr4_pcide = false;
    expect(move('guestMovCr4', { cr4: 'pcide' })).toBe(true);
    const vcpu = kvm.vcpu.at(v);
    expect([vcpu.cr4_pcide, vcpu.root, vcpu.prev_root.at(0).sp]).toEqual([true, null, null]);
  });
});
