import { describe, expect, it } from 'vitest';
import { kvm_mmu_alloc_shadow_page, kvm_mmu_find_shadow_page } from '../../../model/shadow/find.ts';
import { makeRole } from '../../../model/shadow/mmu-page.ts';
import { is_writable_pte } from '../../../model/spte.ts';
import { ModelAssumptionError } from '../../../src/engine/machine/index.ts';
import { aKvm, aLeaf, aLink, aPage } from '../../support/kvm.ts';

const l1 = makeRole(1, 7, false, true);
const l2 = makeRole(2, 7, false, true);

describe('kvm_mmu_find_shadow_page', () => {
  it('finds the valid page of the gfn and role, and ends its write flood', () => {
    const kvm = aKvm();
    aPage(kvm, 1, { gfn: 3, level: 2 });
    kvm.sp.at(1).write_flooding_count = 1;
    expect(kvm_mmu_find_shadow_page(kvm, 3, l2)).toBe(1);
    expect(kvm.sp.at(1).write_flooding_count).toBe(0);
  });

  it('passes over freed and zapped pages, other tables and other roles', () => {
    const kvm = aKvm();
    kvm.sp.at(0).gfn = 3;
    aPage(kvm, 1, { gfn: 3 });
    kvm.sp.at(1).role.invalid = true;
    aPage(kvm, 2, { gfn: 2 });
    aPage(kvm, 3, { gfn: 3, access: 5 });
    aPage(kvm, 4, { gfn: 3, cr0_wp: false });
    expect(kvm_mmu_find_shadow_page(kvm, 3, l1)).toBe(null);
    expect([1, 2, 3, 4].map((sp) => kvm.sp.at(sp).list)).toEqual(Array(4).fill('active'));
  });

  it('zaps an unsync page of the gfn when one above 4K is wanted', () => {
    const kvm = aKvm();
    aPage(kvm, 1, { gfn: 3, unsync: true });
    aPage(kvm, 2, { gfn: 3, access: 5 });
    expect(kvm_mmu_find_shadow_page(kvm, 3, l2)).toBe(null);
    expect([1, 2].map((sp) => kvm.sp.at(sp).list)).toEqual(['invalid_list', 'active']);
  });

  it('keeps an unsync page of another role when one at 4K is wanted', () => {
    const kvm = aKvm();
    aPage(kvm, 1, { gfn: 3, access: 5, unsync: true });
    expect(kvm_mmu_find_shadow_page(kvm, 3, l1)).toBe(null);
    expect(kvm.sp.at(1).list).toBe('active');
  });

  it('returns an unsync page as it is: the caller syncs it', () => {
    const kvm = aKvm();
    aPage(kvm, 1, { gfn: 3, unsync: true });
    expect(kvm_mmu_find_shadow_page(kvm, 3, l1)).toBe(1);
    expect(kvm.sp.at(1).unsync).toBe(true);
  });

  it('looks the other way, as the mutants have it', () => {
    const alias = aKvm({ rules: { lookup_alias_unsync: 'keep' } });
    aPage(alias, 1, { gfn: 3, unsync: true });
    expect(kvm_mmu_find_shadow_page(alias, 3, l2)).toBe(null);
    expect(alias.sp.at(1).list).toBe('active');
    const never = aKvm({ rules: { lookup_reuse: 'never' } });
    aPage(never, 1, { gfn: 3 });
    expect(kvm_mmu_find_shadow_page(never, 3, l1)).toBe(null);
    const zap = aKvm({ rules: { lookup_unsync: 'zap' } });
    aPage(zap, 1, { gfn: 3, unsync: true });
    expect(kvm_mmu_find_shadow_page(zap, 3, l1)).toBe(null);
    expect(zap.sp.at(1).list).toBe('invalid_list');
  });
});

describe('kvm_mmu_alloc_shadow_page', () => {
  it('makes an empty page in sync, counted and with its table write-protected', () => {
    const kvm = aKvm();
    aPage(kvm, 0);
    aLeaf(kvm, 0, { gfn: 3 });
    const sp = kvm_mmu_alloc_shadow_page(kvm, 3, l2);
    expect(sp).toBe(1);
    expect(kvm.sp.at(sp)).toMatchObject({ list: 'active', gfn: 3, unsync: false });
    expect(kvm.sp.at(sp).role).toMatchObject({ level: 2, access: 7, cr0_wp: true, direct: false });
    expect([kvm.arch.indirect_shadow_pages, kvm.gfn_write_track.get(3)]).toEqual([2, 1]);
    expect(is_writable_pte(kvm.sp.at(0).spt.get(0))).toBe(false);
    expect(kvm.mmu_lock.flush).toBe(true);
  });

  it('tracks no gfn for a page at 4K, and needs no flush for one that nobody maps', () => {
    const kvm = aKvm();
    kvm_mmu_alloc_shadow_page(kvm, 3, l1);
    expect([kvm.gfn_write_track.get(3), kvm.mmu_lock.flush]).toEqual([0, false]);
  });

  it('forgets protection or flush, as the mutants have it', () => {
    for (const rules of [{ account_protect: 'skip' }, { account_flush: 'none' }] as const) {
      const kvm = aKvm({ rules });
      aPage(kvm, 0);
      aLeaf(kvm, 0, { gfn: 3 });
      kvm_mmu_alloc_shadow_page(kvm, 3, l1);
      const writable = is_writable_pte(kvm.sp.at(0).spt.get(0));
      expect([writable, kvm.mmu_lock.flush]).toEqual(['account_protect' in rules, false]);
    }
  });

  it('takes no slot that an entry, a root or a paging-structure cache still points at', () => {
    const kvm = aKvm({ geometry: { psc_entries: 1, shadow_pages: 6 } });
    aPage(kvm, 0, { level: 2 });
    aLink(kvm, 0, 1);
    kvm.vcpu.at(1).root = 2;
    kvm.vcpu.at(0).prev_root.at(0).sp = 3;
    kvm.vcpu.at(1).ghost_psc.at(0).valid = true;
    kvm.vcpu.at(1).ghost_psc.at(0).sp = 4;
    expect(kvm_mmu_alloc_shadow_page(kvm, 3, l1)).toBe(5);
  });

  it('reports a scenario with too few slots', () => {
    const kvm = aKvm({ geometry: { shadow_pages: 1 } });
    aPage(kvm, 0);
    expect(() => kvm_mmu_alloc_shadow_page(kvm, 3, l1)).toThrow(ModelAssumptionError);
  });
});
