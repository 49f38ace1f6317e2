/**
 * The page that takes the place of a huge leaf: which one it is, and where it comes from.
 *
 * Kernel: shadow_mmu_get_sp_for_split(), kvm_mmu_find_shadow_page() without a vCPU. Lock: mmu_lock
 * for write, held by a thread that is no vCPU.
 */
import type { Kvm } from '../state.ts';
import { spteAccess } from '../spte.ts';
import { kvm_mmu_alloc_shadow_page, kvm_mmu_find_shadow_page } from './find.ts';
import {
  isValid,
  kvm_mmu_child_role,
  roleWord,
  spte_index,
  sptep_to_sp,
  warn,
} from './mmu-page.ts';
import { kvm_mmu_available_pages } from './quota.ts';
import { kvm_mmu_page_get_access, kvm_mmu_page_get_gfn } from './rmap.ts';
import { sync_spte } from './sync.ts';
import { kvm_mmu_prepare_zap_page } from './zap.ts';

/** The gfn and the role of the page that is to take the place of a huge leaf. */
const wantedPage = (kvm: Kvm, sptep: number): { gfn: number; role: number } => {
  const page = kvm.sp.at(sptep_to_sp(kvm, sptep));
  const index = spte_index(kvm, sptep);
  const recorded = kvm.rules.split_access === 'recorded';
  const access = recorded ? kvm_mmu_page_get_access(page, index) : spteAccess(page.spt.get(index));
  const direct = kvm.rules.split_role === 'direct' || page.role.direct;
  return {
    gfn: kvm_mmu_page_get_gfn(kvm, page, index),
    role: kvm_mmu_child_role(kvm, page, direct, access),
  };
};

/** Whether the page for the split is there already; what v2 of the series refuses. */
export const isTargetThere = (kvm: Kvm, sptep: number): boolean => {
  const { gfn, role } = wantedPage(kvm, sptep);
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn === gfn && isValid(page) && roleWord(page.role) === role) return true;
  }
  return false;
};

/**
 * shadow_mmu_get_sp_for_split(): finds or creates the page. A direct page is never unsync, so that
 * no vCPU is needed to sync it. Returns also whether a sync wants a flush.
 */
const shadow_mmu_get_sp_for_split = (kvm: Kvm, sptep: number): { sp: number; flush: boolean } => {
  const { gfn, role } = wantedPage(kvm, sptep);
  const found = kvm_mmu_find_shadow_page(kvm, gfn, role);
  if (found !== null && !kvm.sp.at(found).unsync) return { sp: found, flush: false };
  if (found !== null) {
    switch (kvm.rules.split_lookup_unsync) {
      case 'use':
        return { sp: found, flush: false };
      case 'sync':
        return { sp: found, flush: syncWithoutVcpu(kvm, found) };
      case 'zap':
        kvm_mmu_prepare_zap_page(kvm, found);
        break;
      case 'warn-and-miss':
        warn(kvm, 'sync-without-vcpu');
    }
  }
  return { sp: kvm_mmu_alloc_shadow_page(kvm, gfn, role), flush: false };
};

/** kvm_sync_page() in the mode of no vCPU, with paging as the entries have it. */
const syncWithoutVcpu = (kvm: Kvm, sp: number): boolean => {
  let flush = false;
  for (let index = 0; index < kvm.geometry.entries; index += 1) {
    if (sync_spte(kvm, sp, index)) flush = true;
  }
  return flush;
};

/** Whether the quota has no more left than faults may need. */
export const isReserveReached = (kvm: Kvm): boolean => {
  const { quota } = kvm.geometry;
  if (quota === null || kvm.rules.split_reserve === 'ignored') return false;
  return kvm_mmu_available_pages(kvm) <= quota.min_free;
};

/** Whether the page was made before mmu_lock was dropped, and is there still. */
export const hasPage = (kvm: Kvm): boolean => {
  const { split, rules } = kvm;
  if (!split.carried) return false;
  return rules.split_page !== 'carried-looked-up' || isTargetThere(kvm, split.sptep);
};

/** Gets the page, or has it from before mmu_lock was dropped. Returns whether a flush is due. */
export const takePage = (kvm: Kvm): boolean => {
  const { split, rules } = kvm;
  if (split.carried && rules.split_page !== 'carried-looked-up') return false;
  const { sp, flush } = shadow_mmu_get_sp_for_split(kvm, split.sptep);
  split.child = sp;
  return flush;
};
