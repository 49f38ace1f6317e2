/** A guest table that is shadowed in sync is mapped read-only everywhere. */
import { is_last_spte, is_mmu_writable_spte, is_writable_pte } from '../model/spte.ts';
import { addressSpaces, PG_LEVEL_4K } from '../model/geometry.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { rmapKey } from '../model/shadow/rmap-key.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { firstEntry, isShadowedInSync, unprotectedUnder } from './helpers/pages.ts';

/** Whether some leaf maps the frame, at whatever level. */
const isMapped = (kvm: Kvm, gfn: number): boolean => {
  for (let level = PG_LEVEL_4K; level <= kvm.geometry.levels; level += 1) {
    for (let as_id = 0; as_id < addressSpaces(kvm.geometry); as_id += 1) {
      const key = rmapKey(kvm, gfn, level, as_id);
      if (key < kvm.rmap.length && kvm.rmap.at(key).bits !== 0) return true;
    }
  }
  return false;
};

export const shadowedGfnHasNoWritableSpte = stateProperty({
  id: 'shadowed-gfn-has-no-writable-spte',
  brief: 'P1, P5',
  says: 'No leaf is writable or MMU-writable whose gfn is shadowed by a valid page in sync.',
  why: 'The guest would edit the table without KVM noticing, and no flush would sync it.',
  source: ['account_shadowed()', 'kvm_mmu_slot_gfn_write_protect()', 'mmu_try_to_unsync_pages()'],
  when: 'unlocked',
  reads: ['sp', 'rmap'],
  applies: (kvm) => {
    for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) {
      if (isMapped(kvm, gfn) && isShadowedInSync(kvm, gfn)) return true;
    }
    return false;
  },
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!is_last_spte(spte)) return null;
      const leaf = { writable: is_writable_pte(spte) || is_mmu_writable_spte(spte) };
      const mapped = kvm_mmu_page_get_gfn(kvm, page, index);
      const gfn = unprotectedUnder(kvm, leaf, mapped, page.role.level);
      if (gfn < 0) return null;
      return {
        message: 'a writable leaf maps a guest table that is shadowed in sync',
        where: { sp, index, gfn: hex(gfn) },
      };
    }),
  witness: {
    says: 'a guest table is mapped writable and all its shadow pages are unsync',
    reads: ['sp'],
    reached: (kvm) =>
      firstEntry(kvm, (page, _sp, index, spte) =>
        is_last_spte(spte) &&
        is_writable_pte(spte) &&
        kvm_mmu_page_get_gfn(kvm, page, index) < kvm.geometry.tables
          ? { message: '', where: {} }
          : null,
      ) !== null,
  },
});
