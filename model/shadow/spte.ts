/**
 * Making and installing leaf SPTEs.
 *
 * Kernel: make_spte(), mmu_set_spte(), mmu_spte_set(). Lock: mmu_lock. The steps that call them are
 * in `leaf.ts` and `sync.ts`.
 */
import type { Kvm } from '../state.ts';
import { kvm_set_page_dirty } from '../host/frames.ts';
import { ACC_EXEC_MASK, ACC_WRITE_MASK } from '../access.ts';
import { PG_LEVEL_4K } from '../geometry.ts';
import {
  is_last_spte,
  isTableSpte,
  is_shadow_present_pte,
  is_writable_pte,
  leafSpte,
  spte_to_child_sp,
  spte_to_pfn,
} from '../spte.ts';
import { setAccessed } from './accessed.ts';
import { mark_page_dirty } from './dirty-log.ts';
import { spaceOfPage, sptepOf, warn } from './mmu-page.ts';
import { rmap_add, type Mapping } from './rmap.ts';
import { mmu_spte_update } from './spte-update.ts';
import { mmu_try_to_unsync_pages } from './unsync.ts';
import { drop_parent_pte, mmu_page_zap_pte } from './zap.ts';

/**
 * The part of make_spte() that decides on the write right. Returns whether the mapping must be
 * read-only because its gfn is shadowed. A leaf that is writable already keeps its right: its
 * shadow pages are unsync.
 */
export const decideWriteProtection = (
  kvm: Kvm,
  m: Mapping,
  old_spte: number,
  synchronizing: boolean,
): boolean => {
  if ((m.access & ACC_WRITE_MASK) === 0 || !m.host_writable) return false;
  if (is_writable_pte(old_spte)) return false;
  return !mmu_try_to_unsync_pages(kvm, m.gfn, synchronizing, spaceOfPage(kvm.sp.at(m.sp)));
};

/**
 * The word that make_spte() returns, given its decision on the write right. The mitigation is read
 * afresh: what it was when the fault began only decides how far down to go.
 */
export const make_spte = (kvm: Kvm, m: Mapping, wrprot: boolean): number => {
  const huge = kvm.sp.at(m.sp).role.level > PG_LEVEL_4K;
  const strip = huge && kvm.nx.nx_huge_pages && kvm.rules.nx_leaf === 'not-executable';
  const access = strip ? m.access & ~ACC_EXEC_MASK : m.access;
  const readOnly = wrprot || !m.host_writable;
  return leafSpte(m.pfn, readOnly ? access & ~ACC_WRITE_MASK : access, m.host_writable);
};

/** The end of make_spte(): a page counts as dirty before its writable leaf is stored. */
export const markWritable = (kvm: Kvm, m: Mapping, wrprot: boolean): void => {
  if ((m.access & ACC_WRITE_MASK) === 0 || !m.host_writable || wrprot || !m.log_dirty) return;
  if (kvm.sp.at(m.sp).role.level > PG_LEVEL_4K) warn(kvm, 'writable-huge-page-in-logged-slot');
  if (kvm.rules.log_dirty_leaf === 'marked') mark_page_dirty(kvm, m.gfn);
};

/**
 * First half of mmu_set_spte(): make room and decide. A leaf of another frame is dropped, which
 * owes a flush that the function issues at its end.
 */
export const prepareLeaf = (kvm: Kvm, m: Mapping): void => {
  const { spt } = kvm.sp.at(m.sp);
  const old_spte = spt.get(m.index);
  const otherFrame = is_last_spte(old_spte) && spte_to_pfn(old_spte) !== m.pfn;
  if (otherFrame && isByDirectMmu(kvm)) warn(kvm, 'frame-of-direct-leaf-changes');
  // A table gives way to a leaf above 4K; the child stays in the hash with its entries.
  if (otherFrame) dropOld(kvm, m);
  else if (isTableSpte(old_spte)) dropTable(kvm, m, spte_to_child_sp(old_spte));
  kvm.mmu_lock.wrprot = decideWriteProtection(kvm, m, spt.get(m.index), false);
  markWritable(kvm, m, kvm.mmu_lock.wrprot);
};

/** Whether the fault is one of a direct MMU, whose gfn never changes. */
const isByDirectMmu = (kvm: Kvm): boolean => {
  const { holder } = kvm.mmu_lock;
  return holder !== null && kvm.vcpu.at(holder).cr0_pg_clear;
};

const dropOld = (kvm: Kvm, m: Pick<Mapping, 'sp' | 'index'>): void => {
  mmu_page_zap_pte(kvm, m.sp, m.index);
  if (kvm.rules.remap_flush === 'before-unlock') kvm.mmu_lock.flush = true;
};

const dropTable = (kvm: Kvm, m: Pick<Mapping, 'sp' | 'index'>, child: number): void => {
  drop_parent_pte(kvm, child, sptepOf(kvm, m.sp, m.index));
  if (kvm.rules.remap_flush === 'before-unlock') kvm.mmu_lock.flush = true;
};

/** The first half for a frame in no slot: a present entry maps another one, hence goes. */
export const prepareMmio = (kvm: Kvm, m: Pick<Mapping, 'sp' | 'index'>): void => {
  if (!is_shadow_present_pte(kvm.sp.at(m.sp).spt.get(m.index))) return;
  if (kvm.rules.mmio_over_present === 'drop-first') dropOld(kvm, m);
};

/**
 * Second half of mmu_set_spte(): the store that makes the mapping visible. Returns whether it
 * changed anything, that is whether the fault was not spurious.
 */
export const storeLeaf = (kvm: Kvm, m: Mapping): boolean => {
  const page = kvm.sp.at(m.sp);
  const old_spte = page.spt.get(m.index);
  const new_spte = make_spte(kvm, m, kvm.mmu_lock.wrprot);
  if (m.host_writable && kvm.rules.page_dirty === 'when-mapped') {
    kvm_set_page_dirty(kvm, m.pfn, page.role.level);
  }
  setAccessed(kvm, m.sp, m.index);
  if (!is_shadow_present_pte(old_spte)) {
    page.spt.set(m.index, new_spte);
    rmap_add(kvm, m);
    return true;
  }
  if (kvm.rules.remap_same_pfn === 'update') {
    if (mmu_spte_update(kvm, m.sp, m.index, new_spte)) kvm.mmu_lock.flush = true;
  }
  if (kvm.rules.remap_access === 'refresh' && !page.role.direct) {
    page.shadowed_access.set(m.index, m.access);
  }
  return new_spte !== old_spte;
};
