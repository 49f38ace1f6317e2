/** Where dirty pages are logged, stores become possible page by page. */
import { PG_LEVEL_4K } from '../model/geometry.ts';
import { kvm_slot_dirty_track_enabled } from '../model/shadow/dirty-log.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { is_last_spte, is_writable_pte } from '../model/spte.ts';
import type { MmuPageView } from '../model/state.ts';
import type { Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';
import { firstEntry } from './helpers/pages.ts';

const isWritableHuge = (page: MmuPageView, spte: number): boolean =>
  page.role.level > PG_LEVEL_4K && is_last_spte(spte) && is_writable_pte(spte);

/** A fault that found the slot before it was logged may map as it used to; it is waited for. */
const isInForce = (kvm: Kvm): boolean =>
  kvm.dirty_log.enabled && (kvm.dirty_log.pc !== 'srcu' || kvm.dirty_log.call !== 'enable');

export const loggedSlotGainsNoWritableHugeLeaf = stepProperty({
  id: 'logged-slot-gains-no-writable-huge-leaf',
  brief: 'D3',
  says: 'No leaf above 4K becomes writable in a slot whose dirty pages are logged.',
  why: 'One fault would let the guest write all its pages, and the log would name one of them.',
  source: ['kvm_mmu_hugepage_adjust()', 'make_spte()'],
  on: [
    'mmu_set_spte',
    'FNAME(pte_prefetch)',
    'kvm_sync_page.sync_spte',
    '__kvm_mmu_invalidate_addr',
    'kvm_inject_emulated_page_fault',
  ],
  needs: ({ geometry }) => geometry.dirty_log !== null && geometry.host_level.some((l) => l > 1),
  applies: (_before, after) => isInForce(after),
  check: (before, after) => {
    if (!isInForce(after)) return null;
    return firstEntry(after, (page, sp, index, spte) => {
      if (!isWritableHuge(page, spte)) return null;
      const gfn = kvm_mmu_page_get_gfn(after, page, index);
      if (!kvm_slot_dirty_track_enabled(after, gfn)) return null;
      if (isWritableHuge(before.sp.at(sp), before.sp.at(sp).spt.get(index))) return null;
      return { message: 'a huge leaf becomes writable', where: { sp, index, gfn: hex(gfn) } };
    });
  },
  witness: {
    says: 'a slot is logged while a huge leaf is in it',
    reads: ['sp', 'dirty_log'],
    reached: (kvm) =>
      isInForce(kvm) &&
      firstEntry(kvm, (page, _sp, _index, spte) =>
        page.role.level > PG_LEVEL_4K && is_last_spte(spte) ? { message: '', where: {} } : null,
      ) !== null,
  },
});
