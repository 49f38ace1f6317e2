/** The third check of the kernel's former auditor. */
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { rmapKeyIn } from '../model/shadow/rmap-key.ts';
import { is_last_spte } from '../model/spte.ts';
import { hex, stateProperty } from './property.ts';
import { hasEntry, firstEntry } from './helpers/pages.ts';

export const auditLeafHasAnRmap = stateProperty({
  id: 'audit-leaf-has-an-rmap',
  brief: 'audit 3',
  says: 'The rmap of the gfn of a present leaf is not empty.',
  why: 'Nobody who takes the frame back would find the leaf.',
  source: ['mmu_audit.c inspect_spte_has_rmap()'],
  when: 'unlocked',
  reads: ['sp', 'rmap'],
  applies: (kvm) => hasEntry(kvm, 'leaf'),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!is_last_spte(spte)) return null;
      const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
      if (kvm.rmap.at(rmapKeyIn(kvm, page, gfn)).bits !== 0) return null;
      return { message: 'the rmap of a leaf is empty', where: { sp, index, gfn: hex(gfn) } };
    }),
  witness: { says: 'a leaf is present', reads: ['sp'], reached: (kvm) => hasEntry(kvm, 'leaf') },
});
