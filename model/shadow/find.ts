/**
 * Finding the shadow page for a guest table, or creating it.
 *
 * Kernel: kvm_mmu_find_shadow_page(), kvm_mmu_alloc_shadow_page(), account_shadowed().
 * Lock: mmu_lock for write.
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import { assertModel } from '../../src/engine/machine/index.ts';
import type { Kvm, MmuPageView } from '../state.ts';
import { isTableSpte, spte_to_child_sp } from '../spte.ts';
import { countDisallowLpage } from './huge.ts';
import {
  isValid,
  sp_has_gptes,
  spaceOfPage,
  sptep_to_sp,
  roleLevel,
  roleWord,
  setRole,
} from './mmu-page.ts';
import { listActive } from './page-list.ts';
import { takeObject } from './memory-cache.ts';
import { protectTable } from './rmap.ts';
import { update_gfn_write_track } from './unsync.ts';
import { kvm_mmu_prepare_zap_page } from './zap.ts';

/**
 * kvm_mmu_find_shadow_page() without the sync: the valid page of this gfn and role, or `null`.
 * Unsync pages of the gfn in other roles are zapped when a page above 4K is wanted, since its
 * table must be write-protected. Order: by slot, which stands for the hash chain.
 */
export const kvm_mmu_find_shadow_page = (kvm: Kvm, gfn: number, role: number): number | null => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn !== gfn || !isValid(page) || isUnhashed(kvm, sp)) continue;
    if (roleWord(page.role) !== role) {
      const alias = roleLevel(role) > 1 && page.unsync;
      if (alias && kvm.rules.lookup_alias_unsync === 'zap') kvm_mmu_prepare_zap_page(kvm, sp);
      continue;
    }
    if (kvm.rules.lookup_reuse === 'never') continue;
    if (page.unsync && kvm.rules.lookup_unsync === 'zap') {
      kvm_mmu_prepare_zap_page(kvm, sp);
      continue;
    }
    page.write_flooding_count = 0;
    return sp;
  }
  return null;
};

/** Whether a split has made the page and not yet let others find it. */
const isUnhashed = ({ split, rules }: Kvm, sp: number): boolean =>
  split.carried && rules.split_page === 'carried-unhashed' && split.child === sp;

/**
 * kvm_mmu_alloc_shadow_page() and account_shadowed(): an empty page in sync, its table
 * write-protected. Returns the page; the holder of mmu_lock owes a flush when anything changed.
 *
 * A slot that something still points at is not taken, so that a
 * dangling pointer stays visible as one.
 */
export const kvm_mmu_alloc_shadow_page = (kvm: Kvm, gfn: number, role: number): number => {
  const sp = freeSlot(kvm);
  const page = kvm.sp.at(sp);
  takeObject(kvm, 'mmu_page_header_cache');
  if (kvm.geometry.quota !== null) kvm.arch.n_used_mmu_pages += 1;
  listActive(kvm, page);
  page.gfn = gfn;
  setRole(page.role, role);
  if (sp_has_gptes(page)) account_shadowed(kvm, page);
  return sp;
};

const account_shadowed = (kvm: Kvm, page: MmuPageView): void => {
  // Counted before the guest entry is read again, which pairs with the emulator's own order.
  kvm.arch.indirect_shadow_pages += 1;
  countDisallowLpage(kvm, page.gfn, 1, spaceOfPage(page));
  if (page.role.level > 1) update_gfn_write_track(kvm, page, 1);
  if (kvm.rules.account_protect === 'skip') return;
  if (protectTable(kvm, page.gfn, spaceOfPage(page)) && kvm.rules.account_flush === 'flush') {
    kvm.mmu_lock.flush = true;
  }
};

const freeSlot = (kvm: Kvm): number => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    if (kvm.sp.at(sp).list === 'free' && !isPointedAt(kvm, sp)) return sp;
  }
  assertModel(false, 'the scenario has a slot for every shadow page; raise shadow_pages');
  return 0;
};

const isPointedAt = (kvm: Kvm, sp: number): boolean => {
  for (let gfn = 0; gfn < kvm.rmap.length; gfn += 1) {
    for (let rest = kvm.rmap.at(gfn).bits; rest !== 0; rest = withoutLowest(rest)) {
      if (sptep_to_sp(kvm, lowestBit(rest)) === sp) return true;
    }
  }
  for (let other = 0; other < kvm.sp.length; other += 1) {
    const { spt } = kvm.sp.at(other);
    for (let i = 0; i < spt.length; i += 1) {
      if (isTableSpte(spt.get(i)) && spte_to_child_sp(spt.get(i)) === sp) return true;
    }
  }
  if (kvm.aging.sptep !== 0 && sptep_to_sp(kvm, kvm.aging.sptep - 1) === sp) return true;
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { ghost_psc, prev_root, reading, root } = kvm.vcpu.at(v);
    if (root === sp || reading === sp) return true;
    for (let i = 0; i < prev_root.length; i += 1) if (prev_root.at(i).sp === sp) return true;
    for (let i = 0; i < ghost_psc.length; i += 1) {
      if (ghost_psc.at(i).valid && ghost_psc.at(i).sp === sp) return true;
    }
  }
  return false;
};
