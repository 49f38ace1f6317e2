/** The second check of the kernel's former auditor. */
import { pfnOf } from '../model/shadow/mmu-page.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { is_last_spte, spte_to_pfn } from '../model/spte.ts';
import { hex, stateProperty } from './property.ts';
import { hasEntry, firstEntry } from './helpers/pages.ts';

export const auditLeafMapsTheHostFrame = stateProperty({
  id: 'audit-leaf-maps-the-host-frame',
  brief: 'audit 2, H1',
  says: 'A present leaf maps the host frame that stands behind its recorded gfn.',
  why: 'The guest would reach memory of the host that is not its own.',
  source: ['mmu_audit.c audit_mappings()', 'mmu_invalidate_retry_gfn()'],
  when: 'unlocked',
  reads: ['sp', 'host_pfn'],
  applies: (kvm) => hasEntry(kvm, 'leaf'),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!is_last_spte(spte)) return null;
      const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
      if (spte_to_pfn(spte) === pfnOf(kvm, gfn)) return null;
      const where = { sp, index, gfn: hex(gfn), pfn: hex(spte_to_pfn(spte)) };
      return { message: 'a leaf maps another frame than the host gave', where };
    }),
  witness: { says: 'a leaf is present', reads: ['sp'], reached: (kvm) => hasEntry(kvm, 'leaf') },
});
