/** MMIO goes to the frame that the guest's own tables give. */
import { pfnOf } from '../model/shadow/mmu-page.ts';
import { emulationOf } from '../model/shadow/mmio.ts';
import { kindOf } from '../model/shadow/walker.ts';
import { isAllowed } from '../model/tlb/oracle.ts';
import { hex, stepProperty } from './property.ts';

export const mmioAccessIsJustifiedByGuestTables = stepProperty({
  id: 'mmio-access-is-justified-by-guest-tables',
  brief: 'T2, X1',
  says:
    'An access emulated as MMIO goes to a frame that the guest tables gave for the address, with ' +
    'the right, at some time since the last invalidation that covers it.',
  why: 'The guest would talk to a device that it has unmapped.',
  source: ['sync_mmio_spte()', 'vcpu_clear_mmio_info()', 'SDM "Caching Translation Information"'],
  on: ['x86_emulate_instruction'],
  needs: ({ geometry }) => geometry.memslot !== null,
  applies: (before, _after, [v = 0]) => emulationOf(before, v)?.mmio === true,
  check: (before, _after, [v = 0]) => {
    const emulation = emulationOf(before, v);
    if (emulation?.mmio !== true) return null;
    const { insn } = before.vcpu.at(v);
    const kind = kindOf(before.vcpu.at(v));
    if (isAllowed(before, v, insn.va, kind, pfnOf(before, emulation.gfn))) return null;
    return {
      message: 'MMIO goes to a frame that the guest tables do not give',
      where: { vcpu: v, va: hex(insn.va), gfn: hex(emulation.gfn), kind },
    };
  },
  witness: {
    says: 'a vCPU remembers an MMIO access',
    reads: ['vcpu.mmio'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) if (kvm.vcpu.at(v).mmio.va > 0) return true;
      return false;
    },
  },
});
