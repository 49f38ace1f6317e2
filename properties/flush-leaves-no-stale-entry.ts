/** After a full invalidation the shadow page table holds nothing older than the invalidation. */
import { addressCount } from '../model/geometry.ts';
import { is_last_spte, spte_to_pfn } from '../model/spte.ts';
import { allows, walkFromRoot } from '../model/tlb/hardware.ts';
import { isAllowed } from '../model/tlb/oracle.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';

/** A leaf below the root of `v` that the guest could use and the architecture does not allow. */
const staleLeaf = (kvm: Kvm, v: number): Finding | null => {
  for (let va = 0; va < addressCount(kvm.geometry); va += 1) {
    const spte = walkFromRoot(kvm, v, va);
    if (!is_last_spte(spte)) continue;
    for (const kind of kvm.geometry.kinds) {
      if (!allows(kvm, v, spte, kind)) continue;
      if (isAllowed(kvm, v, va, kind, spte_to_pfn(spte))) continue;
      return {
        message: 'the shadow page table still holds a translation from before the flush',
        where: { vcpu: v, va: hex(va), kind, pfn: hex(spte_to_pfn(spte)) },
      };
    }
  }
  return null;
};

export const flushLeavesNoStaleEntry = stepProperty({
  id: 'flush-leaves-no-stale-entry',
  brief: 'Y2',
  says:
    'When a vCPU enters the guest after MOV CR3, every leaf below its root reflects a guest ' +
    'entry that was current at or after the instruction.',
  why: 'The guest has flushed and relies on its edits; KVM would translate by the old tables.',
  source: ['kvm_mmu_sync_roots()', 'mmu_sync_children()', 'is_unsync_root()'],
  on: ['vcpu_enter_guest'],
  needs: (config) => config.workload.budget.cr3 > 0,
  applies: (before, _after, [v = 0]) => before.vcpu.at(v).ghost_invalidating,
  check: (_before, after, [v = 0]) => staleLeaf(after, v),
  witness: {
    says: 'a vCPU syncs its root',
    reads: ['mmu_lock.sync_parent'],
    reached: (kvm) => kvm.mmu_lock.sync_parent !== null,
  },
});
