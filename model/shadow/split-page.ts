/**
 * Splitting one huge leaf: a direct shadow page takes its place, filled with the same frames.
 *
 * Kernel: shadow_mmu_split_huge_page(), make_small_spte(), __link_shadow_page(). Lock: mmu_lock
 * for write, held by a thread that is no vCPU.
 *
 * Filling the page is one step: entries are only added, so that whatever hardware loads between two
 * stores it can load afterwards.
 */
import type { Kvm, MmuPageView } from '../state.ts';
import { ACC_EXEC_MASK } from '../access.ts';
import { pagesPerLeaf, PG_LEVEL_4K } from '../geometry.ts';
import {
  is_last_spte,
  is_mmu_writable_spte,
  is_shadow_present_pte,
  isTableSpte,
  leafAtOffset,
  make_nonleaf_spte,
  make_spte_executable,
  NO_SPTE,
  spte_to_child_sp,
  spte_to_pfn,
} from '../spte.ts';
import { oweProtect, oweUnmap } from '../tlb/flush.ts';
import { takeObject } from './memory-cache.ts';
import { isAllocated, spte_index, sptep_to_sp } from './mmu-page.ts';
import { drop_spte, kvm_mmu_page_get_gfn, rmap_add } from './rmap.ts';
import { rmapKey } from './rmap-key.ts';
import { mark_unsync } from './unsync.ts';

/** make_small_spte(): the huge leaf as it is, for one of the runs below it. */
const make_small_spte = (kvm: Kvm, huge: number, page: MmuPageView, index: number): number => {
  const { level, access } = page.role;
  const small = leafAtOffset(huge, index * pagesPerLeaf(kvm.geometry, level));
  // At 4K the mitigation has no more to say.
  const executable = level === PG_LEVEL_4K && (access & ACC_EXEC_MASK) !== 0;
  const fromRole = kvm.rules.split_exec === 'from-the-role' && kvm.nx.nx_huge_pages;
  return executable && fromRole ? make_spte_executable(small) : small;
};

/** Whether an entry that was there already asks for a flush before it is linked. */
const wantsFlush = (kvm: Kvm, huge: number, spte: number): boolean => {
  switch (kvm.rules.split_flush) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'less-permissive-leaf':
      return isTableSpte(spte) || (is_mmu_writable_spte(huge) && !is_mmu_writable_spte(spte));
    case 'entry-is-a-table':
      return isTableSpte(spte);
  }
};

/**
 * Fills what is empty in the page that takes the place of a huge leaf. Returns whether to flush
 * before it is linked.
 */
export const fillSmallPages = (kvm: Kvm, sp: number, huge: number): boolean => {
  const page = kvm.sp.at(sp);
  // Freed since it was made: there is nothing to fill.
  if (!isAllocated(page)) return false;
  let flush = kvm.rules.split_flush === 'always';
  for (let index = 0; index < page.spt.length; index += 1) {
    if (is_shadow_present_pte(page.spt.get(index))) {
      if (wantsFlush(kvm, huge, page.spt.get(index))) flush = true;
      continue;
    }
    const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
    const key = rmapKey(kvm, gfn, page.role.level);
    if (kvm.rules.split_entries !== 'all' && kvm.rmap.at(key).bits !== 0) {
      kvm.split.flush = true;
      continue;
    }
    page.spt.set(index, make_small_spte(kvm, huge, page, index));
    rmap_add(kvm, { sp, index, gfn, access: page.role.access });
  }
  return flush;
};

/** What a page gives for one of the frames below it, as a leaf at 4K; NO_SPTE without any. */
const leafBelow = (kvm: Kvm, sp: number, frame: number): number => {
  const page = kvm.sp.at(sp);
  const size = pagesPerLeaf(kvm.geometry, page.role.level);
  const spte = page.spt.get(Math.floor(frame / size));
  if (is_last_spte(spte)) return leafAtOffset(spte, frame % size);
  return isTableSpte(spte) ? leafBelow(kvm, spte_to_child_sp(spte), frame % size) : NO_SPTE;
};

/** Of the frames of a huge leaf: what the page in its place does not give, or not to write. */
const oweWhatIsLost = (kvm: Kvm, sp: number, huge: number): void => {
  const frames = pagesPerLeaf(kvm.geometry, kvm.sp.at(sp).role.level + 1);
  for (let frame = 0; frame < frames; frame += 1) {
    const pfn = spte_to_pfn(huge) + frame;
    const leaf = leafBelow(kvm, sp, frame);
    if (leaf === NO_SPTE || spte_to_pfn(leaf) !== pfn) oweUnmap(kvm, pfn, PG_LEVEL_4K);
    else if (is_mmu_writable_spte(huge) && !is_mmu_writable_spte(leaf)) {
      oweProtect(kvm, pfn, PG_LEVEL_4K);
    }
  }
};

/** The huge leaf goes; until the page is linked nothing is there. Flush: owed for its frames. */
export const dropHuge = (kvm: Kvm, sptep: number): void => {
  drop_spte(kvm, sptep_to_sp(kvm, sptep), spte_index(kvm, sptep));
};

/** __link_shadow_page() where nothing is in the place any more. */
export const linkSmall = (kvm: Kvm, sptep: number, sp: number): void => {
  const page = kvm.sp.at(sp);
  kvm.sp.at(sptep_to_sp(kvm, sptep)).spt.set(spte_index(kvm, sptep), make_nonleaf_spte(sp));
  if (page.parent_ptes.bits !== 0) takeObject(kvm, 'mmu_pte_list_desc_cache');
  page.parent_ptes.add(sptep);
  if (page.unsync) mark_unsync(kvm, sptep);
};

/**
 * __link_shadow_page() without a flush: one step, since between its stores hardware finds nothing.
 * A flush is owed for the frames that the huge leaf gave and the page does not, and for no others.
 */
export const linkOverHuge = (kvm: Kvm, sptep: number, sp: number): void => {
  const huge = kvm.sp.at(sptep_to_sp(kvm, sptep)).spt.get(spte_index(kvm, sptep));
  const unmap = kvm.ghost_owed.unmap.bits;
  dropHuge(kvm, sptep);
  kvm.ghost_owed.unmap.bits = unmap;
  linkSmall(kvm, sptep, sp);
  oweWhatIsLost(kvm, sp, huge);
};
