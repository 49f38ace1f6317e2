/** The write right of a leaf rests on MMU-writable, that on host-writable, that on the host. */
import { isHostReadOnly } from '../model/host/frames.ts';
import { gfn_to_memslot, isReadOnly } from '../model/memslot.ts';
import { spaceOfPage } from '../model/shadow/mmu-page.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import {
  is_last_spte,
  is_mmu_writable_spte,
  is_writable_pte,
  isHostWritable,
} from '../model/spte.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { firstEntry, hasEntry } from './helpers/pages.ts';

const isAllowed = (kvm: Kvm, gfn: number, as_id: number, spte: number): boolean => {
  if (is_writable_pte(spte) && !is_mmu_writable_spte(spte)) return false;
  if (is_mmu_writable_spte(spte) && !isHostWritable(spte)) return false;
  return !isHostWritable(spte) || !(isReadOnly(kvm, gfn, as_id) || isHostReadOnly(kvm, gfn));
};

export const leafIsWritableWhereTheHostAllows = stateProperty({
  id: 'leaf-is-writable-where-the-host-allows',
  brief: 'H2',
  says:
    'A leaf has the write right only with MMU-writable, MMU-writable only with host-writable, ' +
    'and that only where neither the slot is read-only nor the frame.',
  why: 'The guest would write a page that the host gave it to read, as one that others share.',
  source: ['check_spte_writable_invariants()', 'make_spte()', 'KVM_MEM_READONLY'],
  when: 'every-step',
  reads: ['sp', 'memslots', 'host'],
  applies: (kvm) => hasEntry(kvm, 'leaf'),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!is_last_spte(spte)) return null;
      const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
      if (isAllowed(kvm, gfn, spaceOfPage(page), spte)) return null;
      const message = 'a leaf may be written where the host does not let the guest write';
      return {
        message,
        where: { sp, index, gfn: hex(gfn), slot: gfn_to_memslot(kvm, gfn, spaceOfPage(page)) },
      };
    }),
  witness: {
    says: 'a leaf is not host-writable, or has lost its write right',
    reads: ['sp'],
    reached: (kvm) =>
      firstEntry(kvm, (_page, _sp, _index, spte) =>
        is_last_spte(spte) && !is_writable_pte(spte) ? { message: '', where: {} } : null,
      ) !== null,
  },
});
