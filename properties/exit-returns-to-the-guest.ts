/** A vCPU that left the guest enters it again. */
import { progressProperty } from './property.ts';

export const exitReturnsToTheGuest = progressProperty({
  id: 'exit-returns-to-the-guest',
  brief: 'PROG-OP',
  says: 'A vCPU that left the guest enters it again some time.',
  why: 'KVM would be busy for ever, or wait for what never comes.',
  source: ['vcpu_enter_guest()', 'vcpu_run()'],
  needs: (config) => config.endless,
  objects: (kvm) => kvm.vcpu.length,
  pending: (kvm, v) => kvm.vcpu.at(v).pc !== 'guest',
  finding: (kvm, v) => ({
    message: 'a vCPU does not get back into the guest',
    where: { vcpu: v, step: kvm.vcpu.at(v).pc },
  }),
  witness: {
    says: 'a vCPU handles a fault',
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        if (kvm.vcpu.at(v).pc === 'lock_page_fault') return true;
      }
      return false;
    },
  },
});
