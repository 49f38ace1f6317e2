import { describe, expect, it } from 'vitest';
import { ACC_USER_MASK } from '../../../model/access.ts';
import { leafSpte, NO_SPTE } from '../../../model/spte.ts';
import { firstUsablePfn, usableTranslations, walkFromRoot } from '../../../model/tlb/hardware.ts';
import type { Kvm } from '../../../model/index.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, run } from '../../support/kvm.ts';

/**
 * Three levels; vCPU 0 is in the guest on root 0.
 *
 *     sp0 [0] -> sp1 [0] -> sp2 [0] -> gfn 4, all rights
 *                               [1] -> gfn 5, user read
 */
const aProgramInTheGuest = () => {
  const program = aProgram({ geometry: { levels: 3, psc_entries: 1, tlb_entries: 2 } });
  const kvm = program.current;
  aPage(kvm, 0, { level: 3, root_count: 1 });
  aPage(kvm, 1, { level: 2 });
  aPage(kvm, 2);
  aLink(kvm, 0, 1);
  aLink(kvm, 1, 2);
  aLeaf(kvm, 2, { gfn: 4 });
  aLeaf(kvm, 2, { index: 1, gfn: 5, access: ACC_USER_MASK });
  aVcpu(kvm, 0);
  return program;
};
const inTheGuest = (): Kvm => aProgramInTheGuest().current;

const retain = (kvm: Kvm, va: number, pfn: number, access = 7) =>
  Object.assign(kvm.vcpu.at(0).ghost_tlb.at(0), { valid: true, va, pfn, access });
const cache = (kvm: Kvm, va: number, level: number, sp: number) =>
  Object.assign(kvm.vcpu.at(0).ghost_psc.at(0), { valid: true, va, level, sp });
const ways = (kvm: Kvm, va: number, kind: 'ur' | 'uw') =>
  usableTranslations(kvm, 0, va, kind).map(({ by, pfn }) => `${by} ${pfn}`);

describe('walkFromRoot', () => {
  it('returns the leaf, or nothing where the walk ends early', () => {
    const kvm = inTheGuest();
    expect(walkFromRoot(kvm, 0, 0)).toBe(leafSpte(4, 7));
    expect([2, 4].map((va) => walkFromRoot(kvm, 0, va))).toEqual([NO_SPTE, NO_SPTE]);
    kvm.vcpu.at(0).root = null;
    expect(walkFromRoot(kvm, 0, 0)).toBe(NO_SPTE);
  });
});

describe('usableTranslations', () => {
  it('names what is retained first, then the walk', () => {
    const kvm = inTheGuest();
    retain(kvm, 0, 3);
    expect(ways(kvm, 0, 'ur')).toEqual(['tlb 3', 'walk 4']);
  });

  it('leaves out what does not permit the access, and other addresses', () => {
    const kvm = inTheGuest();
    retain(kvm, 1, 3, ACC_USER_MASK);
    expect(ways(kvm, 1, 'uw')).toEqual([]);
    expect(ways(kvm, 1, 'ur')).toEqual(['tlb 3', 'walk 5']);
    expect(ways(kvm, 0, 'ur')).toEqual(['walk 4']);
  });

  it('goes through a cached upper entry although the root leads elsewhere by now', () => {
    const kvm = inTheGuest();
    cache(kvm, 0, 2, 2);
    kvm.sp.at(0).spt.set(0, NO_SPTE);
    expect(ways(kvm, 0, 'uw')).toEqual(['paging-structure-cache 4']);
    expect(ways(kvm, 1, 'ur')).toEqual(['paging-structure-cache 5']);
    expect(ways(kvm, 2, 'ur')).toEqual([]);
  });

  it('covers by a cached entry of the root level what is below it', () => {
    const kvm = inTheGuest();
    cache(kvm, 0, 3, 1);
    kvm.sp.at(0).spt.set(0, NO_SPTE);
    expect(ways(kvm, 1, 'ur')).toEqual(['paging-structure-cache 5']);
    expect(ways(kvm, 4, 'ur')).toEqual([]);
  });

  it('names a way once when cache and walk agree', () => {
    const kvm = inTheGuest();
    cache(kvm, 0, 2, 2);
    expect(ways(kvm, 0, 'ur')).toEqual(['walk 4']);
  });
});

describe('firstUsablePfn', () => {
  it('is the frame of the first usable translation, or -1', () => {
    const kvm = inTheGuest();
    const first = (va: number, kind: 'ur' | 'uw') => {
      const pfn = firstUsablePfn(kvm, 0, va, kind);
      expect(pfn).toBe(usableTranslations(kvm, 0, va, kind)[0]?.pfn ?? -1);
      return pfn;
    };
    expect([first(0, 'uw'), first(1, 'uw'), first(1, 'ur')]).toEqual([4, -1, 5]);
    retain(kvm, 1, 3);
    expect(first(1, 'uw')).toBe(3);
    cache(kvm, 0, 2, 2);
    kvm.sp.at(0).spt.set(0, NO_SPTE);
    expect([first(0, 'uw'), first(2, 'ur')]).toEqual([4, -1]);
  });
});

describe('tlbFill', () => {
  const fill = (program: ReturnType<typeof aProgramInTheGuest>, va: string, slot = 0) =>
    run(program, 'tlbFill', { v: 0, va, slot });

  it('loads the leaf into the slot, replacing what was there, once', () => {
    const program = aProgramInTheGuest();
    const { ghost_tlb } = program.current.vcpu.at(0);
    expect(fill(program, '0x0', 1)).toBe(true);
    expect(ghost_tlb.at(1)).toMatchObject({ valid: true, va: 0, pfn: 4, access: 7 });
    expect(fill(program, '0x0', 1)).toBe(false);
    expect(fill(program, '0x1', 1)).toBe(true);
    expect(ghost_tlb.at(1)).toMatchObject({ valid: true, va: 1, pfn: 5, access: ACC_USER_MASK });
  });

  it('loads nothing outside the guest, and nothing that is not mapped', () => {
    const program = aProgramInTheGuest();
    expect(fill(program, '0x2')).toBe(false);
    program.current.vcpu.at(0).pc = 'enter';
    expect(fill(program, '0x0')).toBe(false);
  });

  it('loads through a cached upper entry', () => {
    const program = aProgramInTheGuest();
    cache(program.current, 0, 2, 2);
    program.current.sp.at(0).spt.set(0, NO_SPTE);
    expect(fill(program, '0x0')).toBe(true);
    expect(program.current.vcpu.at(0).ghost_tlb.at(0).pfn).toBe(4);
  });
});

describe('pagingStructureCacheFill', () => {
  const fill = (program: ReturnType<typeof aProgramInTheGuest>, va: string, level: number) =>
    run(program, 'pagingStructureCacheFill', { v: 0, va, level });

  it('retains an upper entry and the table below it, once', () => {
    const program = aProgramInTheGuest();
    const { ghost_psc } = program.current.vcpu.at(0);
    expect(fill(program, '0x0', 2)).toBe(true);
    expect(ghost_psc.at(0)).toMatchObject({ valid: true, va: 0, level: 2, sp: 2 });
    expect(fill(program, '0x0', 2)).toBe(false);
    expect(fill(program, '0x0', 3)).toBe(true);
    expect(ghost_psc.at(0)).toMatchObject({ valid: true, va: 0, level: 3, sp: 1 });
  });

  it('names an entry by its first address alone, and retains none that is absent', () => {
    const program = aProgramInTheGuest();
    expect([fill(program, '0x1', 2), fill(program, '0x2', 3)]).toEqual([false, false]);
    expect([fill(program, '0x2', 2), fill(program, '0x4', 3)]).toEqual([false, false]);
    program.current.vcpu.at(0).pc = 'enter';
    expect(fill(program, '0x0', 2)).toBe(false);
  });
});
