/** When a writable leaf appears, the shadow pages of its gfn are unsync and marked already. */
import { is_last_spte, is_writable_pte } from '../model/spte.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';
import { countShadowing, firstEntry } from './helpers/pages.ts';

/** Leaves that the step made writable. */
const madeWritable = (
  before: Kvm,
  after: Kvm,
  visit: (gfn: number, sp: number, index: number) => Finding | null,
): Finding | null =>
  firstEntry(after, (page, sp, index, spte) => {
    if (!is_last_spte(spte) || !is_writable_pte(spte)) return null;
    if (is_writable_pte(before.sp.at(sp).spt.get(index))) return null;
    return visit(kvm_mmu_page_get_gfn(after, page, index), sp, index);
  });

const found: Finding = { message: '', where: {} };

export const unsyncPrecedesWritableLeaf = stepProperty({
  id: 'unsync-precedes-writable-leaf',
  brief: 'P4',
  says:
    'At the store that makes a leaf writable, every valid page that shadows its gfn is unsync ' +
    'and its parents are marked.',
  why:
    'Another vCPU may store through the leaf at once, flush, and read the flag without a lock; ' +
    'reading it clear, it skips the sync.',
  source: ['mmu_try_to_unsync_pages()', 'is_unsync_root()', 'commit 264d3dc1d3dc'],
  on: [
    'mmu_set_spte',
    'fast_pf_fix_direct_spte',
    'FNAME(pte_prefetch)',
    'kvm_sync_page.sync_spte',
    '__kvm_mmu_invalidate_addr',
    'kvm_inject_emulated_page_fault',
  ],
  applies: (before, after) => madeWritable(before, after, () => found) !== null,
  check: (before, after) =>
    madeWritable(before, after, (gfn, sp, index) =>
      countShadowing(after, gfn, (page) => !page.unsync) === 0
        ? null
        : {
            message: 'a leaf becomes writable before the pages that shadow its gfn are unsync',
            where: { sp, index, gfn: hex(gfn) },
          },
    ),
  witness: {
    says: 'a page that shadows a guest table is unsync',
    reads: ['sp'],
    reached: (kvm) => countShadowing(kvm, kvm.geometry.tables - 1, (page) => page.unsync) > 0,
  },
});
