/** A call that switches dirty logging or asks for dirty pages comes to an end. */
import { progressProperty } from './property.ts';

export const dirtyLogCallReturns = progressProperty({
  id: 'dirty-log-call-returns',
  brief: 'PROG-OP',
  says: 'A call of userspace about dirty pages returns some time.',
  why: 'The VMM would hang, and with it a migration.',
  source: ['kvm_activate_memslot()', 'synchronize_srcu()', 'kvm_flush_remote_tlbs_memslot()'],
  needs: (config) => config.endless && config.geometry.dirty_log !== null,
  objects: () => 1,
  pending: (kvm) => kvm.dirty_log.pc !== 'idle',
  finding: (kvm) => ({
    message: 'a call does not return to userspace',
    where: { call: kvm.dirty_log.call, step: kvm.dirty_log.pc },
  }),
  witness: {
    says: 'a call is under way while a vCPU is in the guest',
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        if (kvm.dirty_log.pc !== 'idle' && kvm.vcpu.at(v).pc === 'guest') return true;
      }
      return false;
    },
  },
});
