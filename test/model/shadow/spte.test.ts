import { describe, expect, it } from 'vitest';
import {
  decideWriteProtection,
  make_spte,
  prepareLeaf,
  storeLeaf,
} from '../../../model/shadow/spte.ts';
import type { Mapping } from '../../../model/shadow/rmap.ts';
import { ACC_ALL, ACC_EXEC_MASK, ACC_USER_MASK, ACC_WRITE_MASK } from '../../../model/access.ts';
import type { Kvm } from '../../../model/index.ts';
import { pfnOf } from '../../../model/shadow/mmu-page.ts';
import { leafSpte, NO_SPTE } from '../../../model/spte.ts';
import { aKvm, aLeaf, aPage, type KvmInput } from '../../support/kvm.ts';

const readOnly = ACC_ALL & ~ACC_WRITE_MASK;
const mapping = (m: Partial<Mapping> = {}): Mapping => ({
  sp: 0,
  index: 0,
  gfn: 5,
  pfn: m.gfn ?? 5,
  access: ACC_ALL,
  host_writable: true,
  log_dirty: false,
  ...m,
});

/** A table whose first entry maps gfn 4. */
const aTable = (input: KvmInput = {}, access = ACC_ALL): Kvm => {
  const kvm = aKvm(input);
  aPage(kvm, 0, { gfn: 1 });
  aLeaf(kvm, 0, { gfn: 4, access });
  return kvm;
};

/** mmu_set_spte() as the fault performs it, in its two halves. */
const mmu_set_spte = (kvm: Kvm, m: Mapping) => {
  prepareLeaf(kvm, m);
  storeLeaf(kvm, m);
};

describe('make_spte', () => {
  it('maps the host frame behind the gfn, without the write right when protected', () => {
    const kvm = aKvm({ geometry: { host_pfn: [0, 1, 2, 3, 4, 2] } });
    expect(pfnOf(kvm, 5)).toBe(2);
    const m = mapping({ pfn: pfnOf(kvm, 5) });
    expect(make_spte(kvm, m, false)).toBe(leafSpte(2, ACC_ALL));
    expect(make_spte(kvm, m, true)).toBe(leafSpte(2, readOnly));
  });

  it('makes no executable leaf above 4K under the mitigation', () => {
    const kvm = aKvm({ nx_huge_pages: 'force' });
    const m = mapping({ sp: aPage(kvm, 1, { level: 2 }) });
    expect(make_spte(kvm, m, false)).toBe(leafSpte(m.pfn, ACC_ALL & ~ACC_EXEC_MASK));
    kvm.nx.nx_huge_pages = false;
    expect(make_spte(kvm, m, false)).toBe(leafSpte(m.pfn, ACC_ALL));
  });
});

describe('decideWriteProtection', () => {
  it('protects a gfn that is shadowed above 4K', () => {
    const kvm = aKvm();
    aPage(kvm, 1, { gfn: 5, level: 2 });
    expect(decideWriteProtection(kvm, mapping(), NO_SPTE, false)).toBe(true);
  });

  it('does not protect what is read-only, or writable already', () => {
    const kvm = aKvm();
    aPage(kvm, 1, { gfn: 5, level: 2 });
    const m = mapping({ access: readOnly });
    expect(decideWriteProtection(kvm, m, NO_SPTE, false)).toBe(false);
    expect(decideWriteProtection(kvm, mapping(), leafSpte(5, ACC_ALL), false)).toBe(false);
  });

  it('makes the pages of a table at 4K unsync instead', () => {
    const kvm = aKvm();
    aPage(kvm, 1, { gfn: 5 });
    expect(decideWriteProtection(kvm, mapping(), NO_SPTE, false)).toBe(false);
    expect(kvm.sp.at(1).unsync).toBe(true);
  });
});

describe('mmu_set_spte', () => {
  it('installs a new leaf, files it and needs no flush', () => {
    const kvm = aKvm();
    aPage(kvm, 0, { gfn: 1 });
    mmu_set_spte(kvm, mapping({ index: 1 }));
    expect(kvm.sp.at(0).spt.get(1)).toBe(leafSpte(5, ACC_ALL));
    expect(kvm.rmap.at(5).bits).toBe(0b10);
    expect(kvm.sp.at(0).shadowed_gfn.get(1)).toBe(5);
    expect([kvm.mmu_lock.flush, kvm.mmu_lock.wrprot]).toEqual([false, false]);
  });

  it('drops a leaf of another frame first, and flushes at the end', () => {
    const kvm = aTable();
    prepareLeaf(kvm, mapping());
    expect(kvm.sp.at(0).spt.get(0)).toBe(NO_SPTE);
    expect([kvm.rmap.at(4).bits, kvm.ghost_owed.unmap.bits]).toEqual([0, 1 << 4]);
    expect(kvm.mmu_lock.flush).toBe(true);
    storeLeaf(kvm, mapping());
    expect(kvm.sp.at(0).spt.get(0)).toBe(leafSpte(5, ACC_ALL));
  });

  it('forgets that flush, as the mutant has it', () => {
    const kvm = aTable({ rules: { remap_flush: 'none' } });
    prepareLeaf(kvm, mapping());
    expect([kvm.mmu_lock.flush, kvm.ghost_owed.unmap.bits]).toEqual([false, 1 << 4]);
  });

  it('widens a leaf of the same frame in place', () => {
    const kvm = aTable({}, ACC_USER_MASK);
    mmu_set_spte(kvm, mapping({ gfn: 4 }));
    expect(kvm.sp.at(0).spt.get(0)).toBe(leafSpte(4, ACC_ALL));
    expect(kvm.sp.at(0).shadowed_access.get(0)).toBe(ACC_ALL);
    expect(kvm.mmu_lock.flush).toBe(false);
  });

  it('flushes when it takes the write right from a leaf of the same frame', () => {
    const kvm = aTable();
    mmu_set_spte(kvm, mapping({ gfn: 4, access: readOnly }));
    expect([kvm.mmu_lock.flush, kvm.ghost_owed.protect.bits]).toEqual([true, 1 << 4]);
  });

  it('keeps leaf or cached access, as the mutants have it', () => {
    const leaf = aTable({ rules: { remap_same_pfn: 'keep' } }, ACC_USER_MASK);
    mmu_set_spte(leaf, mapping({ gfn: 4 }));
    expect(leaf.sp.at(0).spt.get(0)).toBe(leafSpte(4, ACC_USER_MASK));
    const cached = aTable({ rules: { remap_access: 'keep' } }, ACC_USER_MASK);
    mmu_set_spte(cached, mapping({ gfn: 4 }));
    expect(cached.sp.at(0).spt.get(0)).toBe(leafSpte(4, ACC_ALL));
    expect(cached.sp.at(0).shadowed_access.get(0)).toBe(ACC_USER_MASK);
  });

  it('maps a shadowed gfn read-only', () => {
    const kvm = aKvm();
    aPage(kvm, 0, { gfn: 1 });
    aPage(kvm, 1, { gfn: 5, level: 2 });
    mmu_set_spte(kvm, mapping());
    expect([kvm.mmu_lock.wrprot, kvm.sp.at(0).spt.get(0)]).toEqual([true, leafSpte(5, readOnly)]);
    expect(kvm.sp.at(0).shadowed_access.get(0)).toBe(ACC_ALL);
  });
});
