/** An unsync shadow page shadows a last-level guest page table. */
import { spaceOfPage } from '../model/shadow/mmu-page.ts';
import { kvm_gfn_is_write_tracked } from '../model/shadow/unsync.ts';
import { hex, stateProperty } from './property.ts';
import { mayBeUnsync } from './helpers/facts.ts';
import { countShadowing, factsOf, firstPage, somePage } from './helpers/pages.ts';

export const unsyncOnlyAt4k = stateProperty({
  id: 'unsync-only-at-4k',
  brief: 'P2, audit 1',
  says: 'An unsync page has role.level 1, shadows a guest table, and its gfn is not write-tracked.',
  why:
    'KVM tolerates a stale 4K table until the guest flushes, because one INVLPG resyncs it. A ' +
    'stale upper-level table would redirect whole subtrees.',
  source: [
    'mmu_try_to_unsync_pages()',
    'kvm_mmu_find_shadow_page()',
    'mmu_audit.c audit_mappings()',
  ],
  when: 'every-step',
  reads: ['sp', 'gfn_write_track'],
  applies: (kvm) => somePage(kvm, (page) => page.unsync),
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      if (!page.unsync) return null;
      // A new upper-level page does not look for aliases of an old generation.
      const tracked = !page.obsolete && kvm_gfn_is_write_tracked(kvm, page.gfn, spaceOfPage(page));
      if (mayBeUnsync(factsOf(page)) && !tracked) return null;
      const where = { sp, gfn: hex(page.gfn), level: page.role.level, tracked };
      return { message: 'an unsync page that must be in sync', where };
    }),
  witness: {
    says: 'two pages of one guest table are unsync',
    reads: ['sp'],
    reached: (kvm) =>
      somePage(kvm, (page) => page.unsync && countShadowing(kvm, page.gfn, (p) => p.unsync) > 1),
  },
});
