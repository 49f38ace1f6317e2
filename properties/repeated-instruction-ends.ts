/** An instruction that the guest repeats is not repeated for ever. */
import { hex, progressProperty } from './property.ts';

export const repeatedInstructionEnds = progressProperty({
  id: 'repeated-instruction-ends',
  brief: 'G1',
  says:
    'An instruction that faulted, repeated as often as it takes, completes some time or gets a ' +
    '#PF, provided that whoever is within KVM goes on.',
  why: 'The vCPU would fault for ever on an access that its tables permit.',
  source: ['kvm_mmu_page_fault()', 'FNAME(page_fault)'],
  needs: (config) => config.endless,
  objects: (kvm) => kvm.vcpu.length,
  pending: (kvm, v) => kvm.vcpu.at(v).ghost_faults > 0,
  finding: (kvm, v) => ({
    message: 'an instruction keeps faulting',
    where: { vcpu: v, va: hex(kvm.vcpu.at(v).insn.va) },
  }),
  witness: {
    says: 'a guest is about to repeat an instruction that faulted',
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        if (kvm.vcpu.at(v).ghost_faults > 0 && kvm.vcpu.at(v).pc === 'guest') return true;
      }
      return false;
    },
  },
});
