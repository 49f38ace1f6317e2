/** When the sync of a root ends, no page below it is unsync. */
import { isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import type { Kvm } from './property.ts';
import { stepProperty } from './property.ts';

const reachesUnsync = (kvm: Kvm, sp: number): number => {
  const page = kvm.sp.at(sp);
  if (page.unsync) return sp;
  for (let i = 0; i < page.spt.length; i += 1) {
    const spte = page.spt.get(i);
    if (!isTableSpte(spte)) continue;
    const found = reachesUnsync(kvm, spte_to_child_sp(spte));
    if (found >= 0) return found;
  }
  return -1;
};

export const syncedRootReachesNoUnsyncPage = stepProperty({
  id: 'synced-root-reaches-no-unsync-page',
  brief: 'Y2, audit 5',
  says: 'At the end of mmu_sync_children() no page reachable from its parent is unsync.',
  why: 'The caller goes on as if everything below were current.',
  source: ['mmu_sync_children()', 'mmu_audit.c audit_vcpu_spte()'],
  // Breaking the lock between two batches is not the end.
  on: ['mmu_sync_children.protect', 'kvm_sync_page.sync_spte'],
  applies: (before, after) =>
    before.mmu_lock.sync_parent !== null && after.mmu_lock.sync_parent === null,
  check: (before, after) => {
    const parent = before.mmu_lock.sync_parent ?? 0;
    const sp = reachesUnsync(after, parent);
    if (sp < 0) return null;
    return { message: 'a page below a synced table is unsync', where: { parent, sp } };
  },
  witness: {
    says: 'a batch of two pages is being synced',
    reads: ['mmu_lock.sync_batch'],
    reached: (kvm) => kvm.mmu_lock.sync_batch.bits !== 0,
  },
});
