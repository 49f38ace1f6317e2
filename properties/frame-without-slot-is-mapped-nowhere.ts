/** What is in no memory slot is in no shadow page. */
import { addressSpaces, PG_LEVEL_4K } from '../model/geometry.ts';
import { gfn_to_memslot } from '../model/memslot.ts';
import { rmapKey } from '../model/shadow/rmap-key.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';

const firstFrame = (kvm: Kvm, test: (gfn: number, as_id: number) => boolean): number => {
  for (let as_id = 0; as_id < addressSpaces(kvm.geometry); as_id += 1) {
    for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) if (test(gfn, as_id)) return gfn;
  }
  return -1;
};

const isMapped = (kvm: Kvm, gfn: number, as_id: number): boolean =>
  kvm.rmap.at(rmapKey(kvm, gfn, PG_LEVEL_4K, as_id)).bits !== 0;

export const frameWithoutSlotIsMappedNowhere = stateProperty({
  id: 'frame-without-slot-is-mapped-nowhere',
  brief: 'ZAP-CONTRACT, SLOT',
  says: 'No leaf is filed under a guest frame that is in no memory slot of its address space.',
  why:
    'The rmap goes with its slot, and userspace takes the memory back: the leaf could no longer ' +
    'be found, and leads to memory of somebody else.',
  source: ['kvm_arch_flush_shadow_memslot()', 'kvm_mmu_zap_all_fast()', 'kvm_free_memslot()'],
  when: 'every-step',
  needs: ({ geometry }) => geometry.memslot !== null,
  reads: ['rmap', 'memslots'],
  applies: (kvm) =>
    firstFrame(kvm, (gfn, as_id) => gfn_to_memslot(kvm, gfn, as_id) === 'none') >= 0,
  check: (kvm) => {
    const gfn = firstFrame(
      kvm,
      (frame, as_id) => isMapped(kvm, frame, as_id) && gfn_to_memslot(kvm, frame, as_id) === 'none',
    );
    if (gfn < 0) return null;
    return { message: 'a leaf maps a frame that is in no slot', where: { gfn: hex(gfn) } };
  },
  witness: {
    says: 'a frame is mapped whose slot is there, or about to go',
    reads: ['rmap', 'memslots'],
    reached: (kvm) =>
      firstFrame(
        kvm,
        (gfn, as_id) => isMapped(kvm, gfn, as_id) && gfn_to_memslot(kvm, gfn, as_id) === 'changing',
      ) >= 0,
  },
});
