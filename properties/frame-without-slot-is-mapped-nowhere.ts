/** What is in no memory slot is in no shadow page. */
import { gfn_to_memslot } from '../model/memslot.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';

const firstFrame = (kvm: Kvm, test: (gfn: number) => boolean): number => {
  for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) if (test(gfn)) return gfn;
  return -1;
};

const isMapped = (kvm: Kvm, gfn: number): boolean => kvm.rmap.at(gfn).bits !== 0;

export const frameWithoutSlotIsMappedNowhere = stateProperty({
  id: 'frame-without-slot-is-mapped-nowhere',
  brief: 'ZAP-CONTRACT, SLOT',
  says: 'No leaf is filed under a guest frame that is in no memory slot.',
  why:
    'The rmap goes with its slot, and userspace takes the memory back: the leaf could no longer ' +
    'be found, and leads to memory of somebody else.',
  source: ['kvm_arch_flush_shadow_memslot()', 'kvm_mmu_zap_all_fast()', 'kvm_free_memslot()'],
  when: 'every-step',
  needs: ({ geometry }) => geometry.memslot !== null,
  reads: ['rmap', 'memslots'],
  applies: (kvm) => firstFrame(kvm, (gfn) => gfn_to_memslot(kvm, gfn) === 'none') >= 0,
  check: (kvm) => {
    const gfn = firstFrame(
      kvm,
      (frame) => isMapped(kvm, frame) && gfn_to_memslot(kvm, frame) === 'none',
    );
    if (gfn < 0) return null;
    return { message: 'a leaf maps a frame that is in no slot', where: { gfn: hex(gfn) } };
  },
  witness: {
    says: 'a frame is mapped whose slot is there, or about to go',
    reads: ['rmap', 'memslots'],
    reached: (kvm) =>
      firstFrame(kvm, (gfn) => isMapped(kvm, gfn) && gfn_to_memslot(kvm, gfn) === 'changing') >= 0,
  },
});
