/** A legal access that nobody interferes with completes after a few faults. */
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';

const mostFaults = (kvm: Kvm): number => {
  let most = 0;
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    most = Math.max(most, kvm.vcpu.at(v).ghost_faults);
  }
  return most;
};

export const legalAccessCompletes = stateProperty({
  id: 'legal-access-completes',
  brief: 'G1, bounded',
  says:
    'An instruction that the guest tables permit, repeated with nobody interfering, faults at ' +
    'most as often as the scenario allows.',
  why: 'The vCPU would fault for ever on an access that its tables permit.',
  source: ['kvm_mmu_page_fault()', 'FNAME(page_fault)'],
  when: 'every-step',
  reads: ['vcpu.ghost_faults'],
  needs: (config) => config.retries && !config.endless,
  applies: (kvm) => mostFaults(kvm) > 0,
  check: (kvm) => {
    for (let v = 0; v < kvm.vcpu.length; v += 1) {
      const { ghost_faults, insn } = kvm.vcpu.at(v);
      if (ghost_faults <= kvm.geometry.faults_max) continue;
      const where = { vcpu: v, va: hex(insn.va), faults: ghost_faults };
      return { message: 'a legal access keeps faulting', where };
    }
    return null;
  },
  witness: {
    says: 'a guest is about to repeat an instruction that faulted',
    reads: ['vcpu.ghost_faults', 'vcpu.pc'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        if (kvm.vcpu.at(v).ghost_faults > 0 && kvm.vcpu.at(v).pc === 'guest') return true;
      }
      return false;
    },
  },
});
