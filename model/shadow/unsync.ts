/**
 * Unsync shadow pages: the guest may write the table behind them, so they may lag behind it.
 *
 * Kernel: mmu_try_to_unsync_pages(), mark_unsync(), __mmu_unsync_walk(). Lock: mmu_lock.
 */
import { lowestBit, popcount, withoutLowest } from '../bits.ts';
import type { Kvm, MmuPageView } from '../state.ts';
import { isTableSpte, spte_to_child_sp } from '../spte.ts';
import { isValid, sp_has_gptes, spaceOfPage, spte_index, sptep_to_sp, warn } from './mmu-page.ts';

/** Whether a table above 4K is shadowed at the gfn: in the slot of any address space. */
export const kvm_gfn_is_write_tracked = (kvm: Kvm, gfn: number, as_id: number): boolean => {
  if (kvm.gfn_write_track.get(trackIndex(kvm, gfn, as_id)) > 0) return true;
  if (!kvm.geometry.smm || kvm.rules.write_track_spaces === 'own') return false;
  return kvm.gfn_write_track.get(trackIndex(kvm, gfn, 1 - as_id)) > 0;
};

/** Where the counter of a gfn is. */
export const trackIndex = (kvm: Kvm, gfn: number, as_id: number): number =>
  as_id * kvm.geometry.gfns + gfn;

export const update_gfn_write_track = (kvm: Kvm, page: MmuPageView, by: number): void => {
  const index = trackIndex(kvm, page.gfn, spaceOfPage(page));
  kvm.gfn_write_track.set(index, kvm.gfn_write_track.get(index) + by);
};

/**
 * Whether a mapping of `gfn` may be writable: no page that shadows it must stay in sync.
 * Says nothing of pages already unsync. Order of the tests as in the kernel.
 */
const mayUnsync = (kvm: Kvm, gfn: number, synchronizing: boolean, as_id: number): boolean => {
  if (kvm_gfn_is_write_tracked(kvm, gfn, as_id) && kvm.rules.unsync_level === '4k-only')
    return false;
  if (!synchronizing) return true;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn !== gfn || !isValid(page) || !sp_has_gptes(page)) continue;
    // While one page of a batch is synced, another one must not be opened to guest writes.
    if (kvm.rules.sync_peer_write === 'refuse' || !page.unsync) return false;
  }
  return true;
};

/** Marks every valid page that shadows `gfn` unsync, and tells its ancestors. */
export const kvm_unsync_pages = (kvm: Kvm, gfn: number): void => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn !== gfn || !isValid(page) || !sp_has_gptes(page) || page.unsync) continue;
    if (page.role.level !== 1) warn(kvm, 'unsync-above-4k');
    page.unsync = true;
    kvm_mmu_mark_parents_unsync(kvm, page);
  }
};

/**
 * mmu_try_to_unsync_pages(): returns whether the gfn may be mapped writable; its shadow pages
 * are unsync afterwards. The caller stores the writable SPTE in a later step, which is the store
 * order that is_unsync_root() relies on.
 */
export const mmu_try_to_unsync_pages = (
  kvm: Kvm,
  gfn: number,
  synchronizing: boolean,
  as_id: number,
): boolean => {
  if (!mayUnsync(kvm, gfn, synchronizing, as_id)) return false;
  if (kvm.rules.unsync_order === 'before-writable' || synchronizing) kvm_unsync_pages(kvm, gfn);
  return true;
};

const kvm_mmu_mark_parents_unsync = (kvm: Kvm, page: MmuPageView): void => {
  for (let rest = page.parent_ptes.bits; rest !== 0; rest = withoutLowest(rest)) {
    mark_unsync(kvm, lowestBit(rest));
  }
};

/** mark_unsync(): climbs until it meets an ancestor that knows already. */
export const mark_unsync = (kvm: Kvm, sptep: number): void => {
  const page = kvm.sp.at(sptep_to_sp(kvm, sptep));
  const index = spte_index(kvm, sptep);
  if (page.unsync_child_bitmap.has(index)) {
    const room = page.unsync_children <= kvm.geometry.entries;
    if (kvm.rules.mark_unsync_count === 'per-call' && room) page.unsync_children += 1;
    return;
  }
  page.unsync_child_bitmap.add(index);
  page.unsync_children += 1;
  if (page.unsync_children > 1 || kvm.rules.mark_unsync_climb === 'parents-only') return;
  kvm_mmu_mark_parents_unsync(kvm, page);
};

const clear_unsync_child_bit = (kvm: Kvm, page: MmuPageView, index: number): void => {
  page.unsync_child_bitmap.delete(index);
  if (page.unsync_children === 0) warn(kvm, 'unsync-count-negative');
  else page.unsync_children -= 1;
};

/**
 * mmu_unsync_walk(): the unsync pages below `parent` as a bit set, at most a batch, found by
 * following marks. Clears marks that turn out stale.
 */
export const collectUnsync = (kvm: Kvm, parent: number): number =>
  walkUnsync(kvm, kvm.sp.at(parent), 0);

const walkUnsync = (kvm: Kvm, page: MmuPageView, found: number): number => {
  let pages = found;
  for (let index = 0; index < kvm.geometry.entries; index += 1) {
    if (!page.unsync_child_bitmap.has(index)) continue;
    const spte = page.spt.get(index);
    const child = isTableSpte(spte) ? kvm.sp.at(spte_to_child_sp(spte)) : undefined;
    if (child !== undefined && child.unsync_children > 0) {
      const below = walkUnsync(kvm, child, pages);
      if (below === pages && child.unsync_children === 0) clear_unsync_child_bit(kvm, page, index);
      pages = below;
    } else if (child?.unsync === true) {
      if (popcount(pages) < kvm.geometry.unsync_batch) {
        pages |= 1 << spte_to_child_sp(spte);
      }
    } else {
      clear_unsync_child_bit(kvm, page, index);
    }
  }
  return pages;
};
