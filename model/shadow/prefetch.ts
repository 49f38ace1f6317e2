/**
 * Mapping the neighbours of the entry that a fault needed.
 *
 * Kernel: FNAME(pte_prefetch), FNAME(prefetch_gpte), direct_pte_prefetch(). Lock: mmu_lock for
 * write.
 *
 * Cuts: none between neighbours. Entries only come, and whatever hardware loads between two of the
 * stores it can load after the last one.
 *
 * Abstracts: the window of 8 entries (the whole table), and host pages that cannot be had without
 * sleeping. The frame is looked up under mmu_lock, which holds off the end of any invalidation.
 */
import type { Kvm, VcpuView } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { ACC_WRITE_MASK } from '../access.ts';
import { PG_LEVEL_4K, tableIndex } from '../geometry.ts';
import {
  gpte_access,
  gpte_accessed,
  gpte_to_gfn,
  is_present_gpte,
  is_rsvd_bits_set,
  protect_clean_gpte,
} from '../gpte.ts';
import { isHostReadOnly, kvm_set_page_dirty } from '../host/frames.ts';
import { isMemory, isReadOnly } from '../memslot.ts';
import { is_last_spte, NO_SPTE, spte_to_pfn } from '../spte.ts';
import { clearAccessed } from './accessed.ts';
import { kvm_slot_dirty_track_enabled } from './dirty-log.ts';
import { isBefore } from './lock.ts';
import { isValid, pfnOf, sp_has_gptes, spaceOfPage } from './mmu-page.ts';
import { kvm_mmu_page_get_gfn, rmap_add, type Mapping } from './rmap.ts';
import { finishFault } from './leaf.ts';
import { make_spte } from './spte.ts';
import { mmu_spte_update } from './spte-update.ts';
import { kvm_gfn_is_write_tracked } from './unsync.ts';

/** Only frames that may be written are prefetched, since KVM takes them for such. */
const isPrefetchable = (kvm: Kvm, gfn: number, as_id: number): boolean => {
  if (isReadOnly(kvm, gfn, as_id)) return false;
  return !isHostReadOnly(kvm, gfn) || kvm.rules.prefetch_frame === 'any';
};

/** The leaf for a frame that the host lets KVM write; `null` when there is no such frame. */
const mappingOf = (
  kvm: Kvm,
  sp: number,
  index: number,
  gfn: number,
  access: number,
): Mapping | null => {
  const as_id = spaceOfPage(kvm.sp.at(sp));
  const maps = isMemory(kvm, gfn, as_id) && isPrefetchable(kvm, gfn, as_id);
  return maps && !isLogged(kvm, gfn, access)
    ? { sp, index, gfn, pfn: pfnOf(kvm, gfn), access, host_writable: true, log_dirty: false }
    : null;
};

/** gfn_to_memslot_dirty_bitmap(): nothing is prefetched writable where dirty pages are logged. */
const isLogged = (kvm: Kvm, gfn: number, access: number): boolean =>
  (access & ACC_WRITE_MASK) !== 0 && kvm_slot_dirty_track_enabled(kvm, gfn);

/** The guest translation of a neighbour; `null` when it is not to be prefetched. */
const neighbour = (kvm: Kvm, vcpu: VcpuView, sp: number, index: number): Mapping | null => {
  const page = kvm.sp.at(sp);
  if (page.role.direct) {
    const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
    return mappingOf(kvm, sp, index, gfn, page.role.access);
  }
  const pte = vcpu.walker.prefetch_ptes.get(index);
  if (!is_present_gpte(pte) || is_rsvd_bits_set(pte, !vcpu.efer_nx_clear)) return null;
  if (!gpte_accessed(pte) && kvm.rules.prefetch_accessed === 'required') return null;
  const gfn = gpte_to_gfn(pte);
  const access = page.role.access & gpte_access(pte);
  const clean = kvm.rules.prefetch_dirty === 'required';
  return mappingOf(kvm, sp, index, gfn, clean ? protect_clean_gpte(access, pte) : access);
};

/** mmu_try_to_unsync_pages() for a prefetch: pages stay in sync, and their gfn read-only. */
const isWriteRefused = (kvm: Kvm, { gfn, access, sp: target }: Mapping): boolean => {
  if ((access & ACC_WRITE_MASK) === 0 || kvm.rules.prefetch_write === 'granted') return false;
  if (kvm_gfn_is_write_tracked(kvm, gfn, spaceOfPage(kvm.sp.at(target)))) return true;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn === gfn && isValid(page) && sp_has_gptes(page) && !page.unsync) return true;
  }
  return false;
};

/** Whether an entry is one to prefetch into: one that is empty. */
const isPlaceFor = (kvm: Kvm, spte: number): boolean =>
  spte === NO_SPTE || (kvm.rules.prefetch_present === 'overwritten' && is_last_spte(spte));

/** What a fault of its own does in mmu_set_spte(), without the flush. */
const overwrite = (kvm: Kvm, { sp, index, access }: Mapping, spte: number): void => {
  const page = kvm.sp.at(sp);
  if (!page.role.direct) page.shadowed_access.set(index, access);
  mmu_spte_update(kvm, sp, index, spte);
};

const pte_prefetch: ModelTransition = {
  name: 'FNAME(pte_prefetch)',
  says: 'Map the neighbours that are not mapped, by guest entries read along with the last one.',
  source: ['FNAME(pte_prefetch)', 'FNAME(prefetch_gpte)', 'direct_pte_prefetch()'],
  over: ['v'],
  at: 'pte_prefetch',
  needs: ({ prefetch }) => prefetch,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'pte_prefetch')) return false;
    const vcpu = kvm.vcpu.at(v);
    const sp = kvm.mmu_lock.sp ?? 0;
    const { spt } = kvm.sp.at(sp);
    for (let index = 0; index < spt.length; index += 1) {
      const own = index === tableIndex(kvm.geometry, vcpu.insn.va, PG_LEVEL_4K);
      if (own || !isPlaceFor(kvm, spt.get(index))) continue;
      const m = neighbour(kvm, vcpu, sp, index);
      // FNAME(pte_prefetch) stops at the first entry that it cannot map.
      if (m === null) break;
      const spte = make_spte(kvm, m, isWriteRefused(kvm, m));
      if (is_last_spte(spt.get(index))) {
        if (spte_to_pfn(spt.get(index)) === m.pfn) overwrite(kvm, m, spte);
        continue;
      }
      spt.set(index, spte);
      if (kvm.rules.page_dirty === 'when-mapped') kvm_set_page_dirty(kvm, m.pfn, PG_LEVEL_4K);
      rmap_add(kvm, m);
      clearAccessed(kvm, sp, index);
    }
    finishFault(kvm, v);
    return true;
  },
};

export const prefetchTransitions: readonly ModelTransition[] = [pte_prefetch];
