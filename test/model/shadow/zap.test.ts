import { describe, expect, it } from 'vitest';
import {
  drop_parent_pte,
  isCommitDue,
  kvm_mmu_commit_zap_page,
  kvm_mmu_prepare_zap_page,
  mmu_page_zap_pte,
} from '../../../model/shadow/zap.ts';
import type { Kvm } from '../../../model/index.ts';
import { NO_SPTE } from '../../../model/spte.ts';
import { aKvm, aLeaf, aLink, aMark, aPage, aVcpu, type KvmInput } from '../../support/kvm.ts';

/** sp0 l2 [0] -> sp1 l1 [0] -> gfn 4, and vCPU 0 in the guest on sp0. */
const aRootWithATable = (input: KvmInput = {}): Kvm => {
  const kvm = aKvm(input);
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aPage(kvm, 1);
  aLink(kvm, 0, 1);
  aLeaf(kvm, 1, { gfn: 4 });
  aVcpu(kvm, 0);
  return kvm;
};

const fillTlb = (kvm: Kvm, v: number) => {
  kvm.vcpu.at(v).ghost_tlb.at(0).valid = true;
  kvm.vcpu.at(v).ghost_tlb.at(0).pfn = 4;
};

describe('drop_parent_pte', () => {
  it('clears the entry, takes it off the list, and owes a flush for the link', () => {
    const kvm = aRootWithATable();
    drop_parent_pte(kvm, 1, 0);
    expect(kvm.sp.at(0).spt.get(0)).toBe(NO_SPTE);
    expect(kvm.sp.at(1).parent_ptes.bits).toBe(0);
    expect(kvm.ghost_owed.link).toBe(true);
  });
});

describe('mmu_page_zap_pte', () => {
  it('drops a leaf, a table entry, and says whether there was any', () => {
    const kvm = aRootWithATable();
    expect(mmu_page_zap_pte(kvm, 1, 1)).toBe(false);
    expect(mmu_page_zap_pte(kvm, 1, 0)).toBe(true);
    expect([kvm.rmap.at(4).bits, kvm.ghost_owed.unmap.bits]).toEqual([0, 1 << 4]);
    expect(mmu_page_zap_pte(kvm, 0, 0)).toBe(true);
    expect(kvm.sp.at(1).parent_ptes.bits).toBe(0);
  });
});

describe('kvm_mmu_prepare_zap_page', () => {
  it('takes a page out of everything and leaves it to the commit', () => {
    const kvm = aRootWithATable();
    kvm_mmu_prepare_zap_page(kvm, 1);
    const { list, role, spt, parent_ptes } = kvm.sp.at(1);
    expect([list, role.invalid, spt.get(0), parent_ptes.bits]).toEqual([
      'invalid_list',
      true,
      0,
      0,
    ]);
    expect(kvm.sp.at(0).spt.get(0)).toBe(NO_SPTE);
    expect([kvm.rmap.at(4).bits, kvm.arch.indirect_shadow_pages]).toEqual([0, 1]);
    expect([kvm.ghost_owed.link, kvm.ghost_owed.unmap.bits]).toEqual([true, 1 << 4]);
    expect(isCommitDue(kvm)).toBe(true);
  });

  it('pins a root in use, empty and invalid, and asks all vCPUs to let go of it', () => {
    const kvm = aRootWithATable();
    aVcpu(kvm, 1, { pc: 'walk_addr' });
    kvm_mmu_prepare_zap_page(kvm, 0);
    const { list, role, spt, root_count } = kvm.sp.at(0);
    expect([list, role.invalid, spt.get(0), root_count]).toEqual(['none', true, 0, 1]);
    expect([0, 1].map((v) => kvm.vcpu.at(v).request_free_obsolete_roots)).toEqual([true, true]);
    expect([0, 1].map((v) => kvm.vcpu.at(v).pc)).toEqual(['enter', 'walk_addr']);
    expect([kvm.gfn_write_track.get(0), kvm.arch.indirect_shadow_pages]).toEqual([0, 1]);
    expect(isCommitDue(kvm)).toBe(false);
  });

  it('owes no flush for the entries of a pinned root, but keeps what was owed before', () => {
    const kvm = aRootWithATable();
    kvm_mmu_prepare_zap_page(kvm, 0);
    expect(kvm.ghost_owed.link).toBe(false);
    const other = aRootWithATable();
    other.ghost_owed.link = true;
    kvm_mmu_prepare_zap_page(other, 0);
    expect(other.ghost_owed.link).toBe(true);
  });

  it('zaps the unsync pages below, and keeps the ones in sync', () => {
    const kvm = aRootWithATable({ geometry: { unsync_batch: 1 } });
    aPage(kvm, 2);
    aLink(kvm, 0, 2, 1);
    kvm.sp.at(1).unsync = true;
    aMark(kvm, 0, 0);
    kvm_mmu_prepare_zap_page(kvm, 0);
    expect([1, 2].map((sp) => kvm.sp.at(sp).list)).toEqual(['invalid_list', 'active']);
    expect(kvm.sp.at(1).unsync).toBe(false);
    expect([kvm.sp.at(2).parent_ptes.bits, kvm.sp.at(0).unsync_children]).toEqual([0, 0]);
  });

  it('zaps all unsync pages below although a batch is smaller', () => {
    const kvm = aRootWithATable({ geometry: { unsync_batch: 1 } });
    aPage(kvm, 2, { unsync: true });
    aLink(kvm, 0, 2, 1);
    kvm.sp.at(1).unsync = true;
    aMark(kvm, 0, 0);
    aMark(kvm, 0, 1);
    kvm_mmu_prepare_zap_page(kvm, 0);
    expect([1, 2].map((sp) => kvm.sp.at(sp).list)).toEqual(['invalid_list', 'invalid_list']);
  });

  it('warns when a pinned root is taken off its list twice, and counts it once', () => {
    const kvm = aRootWithATable();
    kvm_mmu_prepare_zap_page(kvm, 0);
    kvm_mmu_prepare_zap_page(kvm, 0);
    expect(kvm.ghost.warning).toBe('page-unlisted-twice');
    expect([kvm.gfn_write_track.get(0), kvm.arch.indirect_shadow_pages]).toEqual([0, 1]);
  });

  it('leaves out one part each, as the mutants have it', () => {
    const links = aRootWithATable({ rules: { zap_parent_links: 'leave' } });
    kvm_mmu_prepare_zap_page(links, 1);
    expect(links.sp.at(0).spt.get(0)).not.toBe(NO_SPTE);
    const counters = aRootWithATable({ rules: { unaccount: 'none' } });
    kvm_mmu_prepare_zap_page(counters, 1);
    expect(counters.arch.indirect_shadow_pages).toBe(2);
    const listed = aRootWithATable({ rules: { zap_list: 'left-on-active' } });
    kvm_mmu_prepare_zap_page(listed, 0);
    expect(listed.sp.at(0).list).toBe('active');
    const silent = aRootWithATable({ rules: { zap_root_request: 'none' } });
    kvm_mmu_prepare_zap_page(silent, 0);
    expect(silent.vcpu.at(0)).toMatchObject({ pc: 'guest', request_free_obsolete_roots: false });
  });
});

describe('kvm_mmu_commit_zap_page', () => {
  it('flushes every vCPU, then frees the slot to its canonical value', () => {
    const kvm = aRootWithATable();
    fillTlb(kvm, 0);
    fillTlb(kvm, 1);
    kvm_mmu_prepare_zap_page(kvm, 1);
    kvm_mmu_commit_zap_page(kvm);
    expect(kvm.sp.at(1)).toMatchObject({ list: 'free', gfn: 0, unsync: false, unsync_children: 0 });
    expect(kvm.sp.at(1).role).toMatchObject({ level: 0, access: 0, invalid: false });
    expect([0, 1].map((v) => kvm.vcpu.at(v).ghost_tlb.at(0).valid)).toEqual([false, false]);
    expect([kvm.ghost_owed.link, kvm.ghost_owed.unmap.bits]).toEqual([false, 0]);
    expect(kvm.ghost.warning).toBe('none');
  });

  it('does nothing when no page waits', () => {
    const kvm = aRootWithATable();
    fillTlb(kvm, 0);
    kvm_mmu_commit_zap_page(kvm);
    expect(kvm.vcpu.at(0).ghost_tlb.at(0).valid).toBe(true);
  });

  it('frees without a flush, as the mutant has it', () => {
    const kvm = aRootWithATable({ rules: { commit_zap: 'free-at-once' } });
    fillTlb(kvm, 0);
    kvm_mmu_prepare_zap_page(kvm, 1);
    kvm_mmu_commit_zap_page(kvm);
    expect(kvm.sp.at(1).list).toBe('free');
    expect(kvm.vcpu.at(0).ghost_tlb.at(0).valid).toBe(true);
  });

  it('warns about a root in use and about a valid page', () => {
    const kvm = aRootWithATable();
    kvm.sp.at(0).list = 'invalid_list';
    kvm_mmu_commit_zap_page(kvm);
    expect(kvm.ghost.warning).toBe('free-of-valid-or-root');
  });
});
