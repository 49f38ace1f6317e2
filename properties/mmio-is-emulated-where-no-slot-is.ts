/** Only what is in no memory slot is emulated as MMIO. */
import { isWrite } from '../model/access.ts';
import { gfn_to_memslot, isReadOnly } from '../model/memslot.ts';
import { spaceOf } from '../model/shadow/mmu-page.ts';
import { emulationOf } from '../model/shadow/mmio.ts';
import { kindOf } from '../model/shadow/walker.ts';
import type { Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';

/** Whether userspace has published a slot and not been told yet that it is there. */
const isAboutToCome = (kvm: Kvm): boolean =>
  kvm.memslots.pc !== 'idle' && kvm.memslots.state === 'present';

export const mmioIsEmulatedWhereNoSlotIs = stepProperty({
  id: 'mmio-is-emulated-where-no-slot-is',
  brief: 'X1, MMIO, GEN',
  says:
    'When an access is emulated as MMIO, no memory slot covers its frame, or the slot is just ' +
    'being created, or it is a write to a read-only slot.',
  why: 'The guest would read a device where its memory is, and its write would be lost.',
  source: ['handle_mmio_page_fault()', 'check_mmio_spte()', 'vcpu_match_mmio_gva()'],
  on: ['x86_emulate_instruction'],
  needs: ({ geometry }) => geometry.memslot !== null,
  applies: (before, _after, [v = 0]) => emulationOf(before, v)?.mmio === true,
  check: (before, _after, [v = 0]) => {
    const emulation = emulationOf(before, v);
    if (emulation?.mmio !== true || isAboutToCome(before)) return null;
    const { gfn } = emulation;
    const as_id = spaceOf(before.vcpu.at(v));
    if (gfn_to_memslot(before, gfn, as_id) === 'none') return null;
    if (isReadOnly(before, gfn, as_id) && isWrite(kindOf(before.vcpu.at(v)))) return null;
    const message = 'an access to memory in a slot is emulated as MMIO';
    return { message, where: { vcpu: v, gfn: hex(gfn) } };
  },
  witness: {
    says: 'an access is about to be emulated while a slot is being created',
    reads: ['memslots', 'vcpu.pc'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        if (kvm.vcpu.at(v).pc === 'emulate_mmio' && kvm.memslots.state === 'present') return true;
      }
      return false;
    },
  },
});
