import { describe, expect, it } from 'vitest';
import {
  drop_spte,
  kvm_mmu_page_get_access,
  kvm_mmu_page_get_gfn,
  kvm_mmu_slot_gfn_write_protect,
  rmap_add,
} from '../../../model/shadow/rmap.ts';
import {
  is_mmu_writable_spte,
  is_writable_pte,
  NO_SPTE,
  withoutWrite,
} from '../../../model/spte.ts';
import { ACC_USER_MASK } from '../../../model/access.ts';
import { aKvm, aLeaf, aPage } from '../../support/kvm.ts';

describe('the translation beside a leaf', () => {
  it('is recorded for pages that shadow tables, and computed for direct ones', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aLeaf(kvm, 0, { index: 1, gfn: 5, access: ACC_USER_MASK });
    expect(kvm_mmu_page_get_gfn(kvm, kvm.sp.at(0), 1)).toBe(5);
    expect(kvm_mmu_page_get_access(kvm.sp.at(0), 1)).toBe(ACC_USER_MASK);
    aPage(kvm, 1, { gfn: 2, direct: true, access: 3 });
    expect(kvm_mmu_page_get_gfn(kvm, kvm.sp.at(1), 1)).toBe(3);
    expect(kvm_mmu_page_get_access(kvm.sp.at(1), 1)).toBe(3);
  });
});

describe('rmap_add', () => {
  it('files the leaf and records what it maps', () => {
    const kvm = aKvm();
    aPage(kvm, 1);
    aPage(kvm, 1);
    rmap_add(kvm, {
      sp: 1,
      index: 1,
      gfn: 4,
      access: 7,
    });
    expect(kvm.rmap.at(4).bits).toBe(1 << 3);
    expect(kvm.sp.at(1).shadowed_gfn.get(1)).toBe(4);
    expect(kvm.sp.at(1).shadowed_access.get(1)).toBe(7);
  });

  it('records no gfn, as the mutant has it', () => {
    const kvm = aKvm({ rules: { map_translation: 'access-only' } });
    aPage(kvm, 1);
    aPage(kvm, 1);
    rmap_add(kvm, {
      sp: 1,
      index: 1,
      gfn: 4,
      access: 7,
    });
    expect(kvm.sp.at(1).shadowed_gfn.get(1)).toBe(0);
    expect(kvm.rmap.at(4).bits).toBe(1 << 3);
  });
});

describe('drop_spte', () => {
  it('removes the leaf from everywhere and owes a flush for its frame', () => {
    const kvm = aKvm({ geometry: { host_pfn: [0, 1, 2, 3, 4, 4] } });
    aPage(kvm, 0);
    aLeaf(kvm, 0, { gfn: 5 });
    drop_spte(kvm, 0, 0);
    const { spt, shadowed_access, shadowed_gfn } = kvm.sp.at(0);
    expect([spt.get(0), shadowed_gfn.get(0), shadowed_access.get(0)]).toEqual([NO_SPTE, 0, 0]);
    expect(kvm.rmap.at(5).bits).toBe(0);
    expect(kvm.ghost_owed.unmap.bits).toBe(1 << 4);
    expect(kvm.ghost.warning).toBe('none');
  });

  it('leaves the other entries of the chain alone', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aLeaf(kvm, 0, { index: 0, gfn: 5 });
    aLeaf(kvm, 0, { index: 1, gfn: 5 });
    drop_spte(kvm, 0, 0);
    expect(kvm.rmap.at(5).bits).toBe(0b10);
  });

  it('warns when the chain of the recorded gfn does not name the leaf', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aLeaf(kvm, 0, { gfn: 5 });
    kvm.sp.at(0).shadowed_gfn.set(0, 4);
    drop_spte(kvm, 0, 0);
    expect(kvm.ghost.warning).toBe('rmap-entry-missing');
    expect(kvm.rmap.at(5).bits).toBe(1);
  });

  it('leaves the chain as it is, as the mutant has it', () => {
    const kvm = aKvm({ rules: { drop_rmap: 'leave' } });
    aPage(kvm, 0);
    aLeaf(kvm, 0, { gfn: 5 });
    drop_spte(kvm, 0, 0);
    expect(kvm.rmap.at(5).bits).toBe(1);
  });
});

describe('kvm_mmu_slot_gfn_write_protect', () => {
  it('takes the write right from every leaf of the gfn, and owes the flush', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aPage(kvm, 1);
    aLeaf(kvm, 0, { gfn: 3 });
    aLeaf(kvm, 1, { index: 1, gfn: 3 });
    aLeaf(kvm, 1, { index: 0, gfn: 4 });
    expect(kvm_mmu_slot_gfn_write_protect(kvm, 3)).toBe(true);
    const leaves = [kvm.sp.at(0).spt.get(0), kvm.sp.at(1).spt.get(1), kvm.sp.at(1).spt.get(0)];
    expect(leaves.map(is_writable_pte)).toEqual([false, false, true]);
    expect(leaves.map(is_mmu_writable_spte)).toEqual([false, false, true]);
    expect(kvm.ghost_owed.protect.bits).toBe(1 << 3);
  });

  it('keeps the cached access, which the next sync compares with', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aLeaf(kvm, 0, { gfn: 3 });
    kvm_mmu_slot_gfn_write_protect(kvm, 3);
    expect(kvm.sp.at(0).shadowed_access.get(0)).toBe(7);
  });

  it('takes MMU-writable from a leaf that hardware cannot write', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aLeaf(kvm, 0, { gfn: 3 });
    kvm.sp.at(0).spt.set(0, withoutWrite(kvm.sp.at(0).spt.get(0)));
    expect(kvm_mmu_slot_gfn_write_protect(kvm, 3)).toBe(true);
    expect(is_mmu_writable_spte(kvm.sp.at(0).spt.get(0))).toBe(false);
    expect(kvm.ghost_owed.protect.bits).toBe(1 << 3);
  });

  it('says that nothing changed when all leaves are read-only, and owes nothing', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aLeaf(kvm, 0, { gfn: 3, access: ACC_USER_MASK });
    expect(kvm_mmu_slot_gfn_write_protect(kvm, 3)).toBe(false);
    expect(kvm_mmu_slot_gfn_write_protect(kvm, 4)).toBe(false);
    expect(kvm.ghost_owed.protect.bits).toBe(0);
  });
});
