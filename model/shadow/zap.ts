/**
 * Taking shadow pages apart and freeing them.
 *
 * Kernel: __kvm_mmu_prepare_zap_page(), kvm_mmu_commit_zap_page(), mmu_page_zap_pte(),
 * drop_parent_pte(). Lock: mmu_lock for write.
 *
 * A whole preparation is one step: entries only go away, so that whatever hardware loads between
 * two of its stores it could have loaded before the first. Pages on `invalid_list` wait for the
 * commit, which is a step of its own because it flushes.
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import type { Kvm, MmuPageView } from '../state.ts';
import {
  is_last_spte,
  is_shadow_present_pte,
  isTableSpte,
  NO_SPTE,
  spte_to_child_sp,
} from '../spte.ts';
import { kvm_flush_remote_tlbs, oweLink } from '../tlb/flush.ts';
import { countDisallowLpage } from './huge.ts';
import {
  is_obsolete_sp,
  sp_has_gptes,
  spaceOfPage,
  spte_index,
  sptep_to_sp,
  sptepOf,
  warn,
} from './mmu-page.ts';
import { unaccount_nx_huge_page } from './nx-list.ts';
import { unlist } from './page-list.ts';
import { drop_spte } from './rmap.ts';
import { collectUnsync, update_gfn_write_track } from './unsync.ts';

/** drop_parent_pte(): clear a table entry and take it off the child's list. Flush: owed. */
export const drop_parent_pte = (kvm: Kvm, child: number, sptep: number): void => {
  kvm.sp.at(child).parent_ptes.delete(sptep);
  kvm.sp.at(sptep_to_sp(kvm, sptep)).spt.set(spte_index(kvm, sptep), NO_SPTE);
  oweLink(kvm);
};

/**
 * mmu_page_zap_pte(): whatever is there goes. A nested page goes with the last entry that leads to
 * it, and the caller commits. Returns whether a present entry was there.
 */
export const mmu_page_zap_pte = (kvm: Kvm, sp: number, index: number): boolean => {
  const { spt } = kvm.sp.at(sp);
  const spte = spt.get(index);
  if (is_last_spte(spte)) drop_spte(kvm, sp, index);
  else if (isTableSpte(spte)) {
    const child = spte_to_child_sp(spte);
    drop_parent_pte(kvm, child, sptepOf(kvm, sp, index));
    if (isOrphan(kvm, kvm.sp.at(child))) kvm_mmu_prepare_zap_page(kvm, child);
  } else spt.set(index, NO_SPTE);
  return is_shadow_present_pte(spte);
};

/** Whether a page of a nested guest is unlikely to be used again. */
const isOrphan = (kvm: Kvm, page: MmuPageView): boolean =>
  kvm.nested &&
  kvm.rules.nested_orphans === 'zapped' &&
  !page.role.invalid &&
  page.parent_ptes.bits === 0 &&
  page.root_count === 0;

/** __kvm_mmu_prepare_zap_page(). The caller commits before it unlocks. */
export const kvm_mmu_prepare_zap_page = (kvm: Kvm, sp: number): void => {
  const page = kvm.sp.at(sp);
  mmu_zap_unsync_children(kvm, sp);
  const { link } = kvm.ghost_owed;
  const unmap = kvm.ghost_owed.unmap.bits;
  for (let index = 0; index < page.spt.length; index += 1) mmu_page_zap_pte(kvm, sp, index);
  // No flush is due for the entries of a root in use, nor for those of a page of an old generation
  // and the links to it: users let go of such roots and flush before they run on, see
  // requestFreeObsoleteRoots().
  if (page.root_count > 0) {
    kvm.ghost_owed.link = link;
    kvm.ghost_owed.unmap.bits = unmap;
  }
  if (kvm.rules.zap_parent_links === 'clear') kvm_mmu_unlink_parents(kvm, sp);
  if (page.obsolete) {
    kvm.ghost_owed.link = link;
    kvm.ghost_owed.unmap.bits = unmap;
  }

  if (!page.role.invalid && sp_has_gptes(page)) unaccount_shadowed(kvm, page);
  page.unsync = false;
  if (page.root_count === 0) {
    if (page.list === 'invalid_list') warn(kvm, 'page-listed-twice');
    unlist(kvm, page, 'invalid_list');
    if (kvm.geometry.quota !== null && kvm.rules.used_count === 'paired') {
      kvm.arch.n_used_mmu_pages -= 1;
    }
  } else {
    if (page.list !== 'active') warn(kvm, 'page-unlisted-twice');
    if (kvm.rules.zap_list === 'moved') unlist(kvm, page, 'none');
    // A pinned root: whoever runs on it must drop it before running on.
    const request = kvm.rules.zap_root_request === 'all-vcpus';
    if (!is_obsolete_sp(page) && request) requestFreeObsoleteRoots(kvm);
  }
  const unaccount = page.nx_huge_page_disallowed && kvm.rules.nx_unaccount === 'paired';
  if (unaccount) unaccount_nx_huge_page(kvm, sp);
  page.role.invalid = true;
};

const mmu_zap_unsync_children = (kvm: Kvm, parent: number): void => {
  if (kvm.sp.at(parent).role.level === 1) return;
  for (let pages = collectUnsync(kvm, parent); pages !== 0; pages = collectUnsync(kvm, parent)) {
    for (let rest = pages; rest !== 0; rest = withoutLowest(rest)) {
      kvm_mmu_prepare_zap_page(kvm, lowestBit(rest));
    }
  }
};

const kvm_mmu_unlink_parents = (kvm: Kvm, sp: number): void => {
  for (let rest = kvm.sp.at(sp).parent_ptes.bits; rest !== 0; rest = withoutLowest(rest)) {
    drop_parent_pte(kvm, sp, lowestBit(rest));
  }
};

/** unaccount_shadowed(): takes back what account_shadowed() counted. */
const unaccount_shadowed = (kvm: Kvm, page: MmuPageView): void => {
  if (kvm.rules.unaccount === 'none') return;
  kvm.arch.indirect_shadow_pages -= 1;
  if (kvm.rules.lpage_count === 'paired') countDisallowLpage(kvm, page.gfn, -1, spaceOfPage(page));
  if (page.role.level === 1) return;
  update_gfn_write_track(kvm, page, -1);
};

/** kvm_make_all_cpus_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS): vCPUs in the guest are kicked. */
export const requestFreeObsoleteRoots = (kvm: Kvm): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const vcpu = kvm.vcpu.at(v);
    vcpu.request_free_obsolete_roots = true;
    if (vcpu.pc === 'guest') vcpu.pc = 'enter';
  }
};

/** Whether pages wait to be freed by the holder of mmu_lock. */
export const isCommitDue = (kvm: Kvm): boolean => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) if (isOnOwnInvalidList(kvm, sp)) return true;
  return false;
};

/** On the invalid_list of the holder of mmu_lock, not on that of a zap-all that breaks the lock. */
const isOnOwnInvalidList = (kvm: Kvm, sp: number): boolean =>
  kvm.sp.at(sp).list === 'invalid_list' &&
  (kvm.geometry.memslot === null || !kvm.memslots.invalid_list.has(sp));

/**
 * kvm_mmu_commit_zap_page(): flush, then free. One step: after the flush no vCPU can reach the
 * pages again, since nothing leads to them.
 */
export const kvm_mmu_commit_zap_page = (kvm: Kvm): void => {
  if (!isCommitDue(kvm)) return;
  if (kvm.rules.commit_zap === 'flush-then-free') kvm_flush_remote_tlbs(kvm);
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (!isOnOwnInvalidList(kvm, sp)) continue;
    if (!page.role.invalid || page.root_count > 0) warn(kvm, 'free-of-valid-or-root');
    freePage(page);
  }
};

const freePage = (page: MmuPageView): void => {
  page.list = 'free';
  page.gfn = 0;
  page.role.level = 0;
  page.role.access = 0;
  page.role.direct = false;
  page.role.cr0_wp = false;
  page.role.efer_nx_clear = false;
  page.role.cr4_smep = false;
  page.role.smap_andnot_wp = false;
  page.role.smm = false;
  page.role.passthrough = false;
  page.role.invalid = false;
  page.obsolete = false;
  page.unsync = false;
  page.unsync_children = 0;
  page.unsync_child_bitmap.bits = 0;
  page.root_count = 0;
  page.write_flooding_count = 0;
  page.accessed_clear.bits = 0;
  page.nx_huge_page_disallowed = false;
  page.parent_ptes.bits = 0;
  for (let i = 0; i < page.spt.length; i += 1) {
    page.spt.set(i, NO_SPTE);
    page.shadowed_gfn.set(i, 0);
    page.shadowed_access.set(i, 0);
  }
};
