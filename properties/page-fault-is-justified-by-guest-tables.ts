/** A #PF that the guest gets is one that its own tables call for. */
import { hasGuestTables } from '../model/geometry.ts';
import { hex, stepProperty } from './property.ts';

export const pageFaultIsJustifiedByGuestTables = stepProperty({
  id: 'page-fault-is-justified-by-guest-tables',
  brief: 'T2',
  says:
    'When KVM delivers a #PF, the walk of the guest tables failed for the access at some instant ' +
    'since the exit.',
  why: 'A guest kernel that gets a fault it cannot explain kills the process or itself.',
  source: ['FNAME(walk_addr_generic)', 'SDM "Page-Fault Exceptions"'],
  on: ['kvm_inject_emulated_page_fault'],
  needs: ({ geometry }) => hasGuestTables(geometry),
  applies: () => true,
  check: (before, _after, [v = 0]) => {
    const { ghost_fault_justified, insn } = before.vcpu.at(v);
    if (ghost_fault_justified) return null;
    const message = 'the guest gets a #PF that its tables do not call for';
    return { message, where: { vcpu: v, va: hex(insn.va) } };
  },
  witness: {
    says: 'KVM is about to deliver a #PF',
    reads: ['vcpu.pc'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        if (kvm.vcpu.at(v).pc === 'inject_page_fault') return true;
      }
      return false;
    },
  },
});
