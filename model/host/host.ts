/**
 * Stores to guest page tables that KVM cannot see: userspace, a device, another alias.
 *
 * Source: `Documentation/virt/kvm/x86/mmu.rst`; CVE-2026-46113. The safety of the host must hold
 * under them; what the guest then sees is its own affair.
 */
import { never, type ModelTransition } from '../transition.ts';
import { readGuest } from '../shadow/mmu-page.ts';
import { guestMemoryChanged } from '../tlb/oracle.ts';

const host_store: ModelTransition = {
  name: 'hostStore',
  says: 'Something outside the guest stores an entry of a guest page table; KVM is not told.',
  source: ['CVE-2026-46113'],
  over: ['store'],
  sure: never,
  needs: ({ workload }) => workload.budget.host_store > 0,
  step: (kvm, number) => {
    const what = kvm.workload.stores[number];
    if (what === undefined || kvm.budget.host_store === 0) return false;
    if (readGuest(kvm, what.gfn, what.index) === what.value) return false;
    kvm.budget.host_store -= 1;
    kvm.memory.at(what.gfn).set(what.index, what.value);
    kvm.ghost.host_stored.add(what.gfn * kvm.geometry.entries + what.index);
    guestMemoryChanged(kvm);
    return true;
  },
};

export const hostTransitions: readonly ModelTransition[] = [host_store];
