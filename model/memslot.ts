/**
 * Which memory slot a guest frame is in, as a lookup finds it now.
 *
 * Kernel: gfn_to_memslot(), struct kvm_memory_slot. One slot changes (`geometry.memslot`); a frame
 * that it never covers is in a slot that stays.
 */
import type { Kvm } from './state.ts';

/** Whether the changing slot covers the frame when it is at the base with this number. */
const covers = (kvm: Kvm, base: number, gfn: number): boolean => {
  const slot = kvm.geometry.memslot;
  const first = slot?.bases[base];
  return slot !== null && first !== undefined && gfn >= first && gfn < first + slot.npages;
};

/** The slot of a frame: one that stays, the changing one (invalid or not), or none. */
export const gfn_to_memslot = (kvm: Kvm, gfn: number): 'other' | 'changing' | 'none' => {
  const { state, base } = kvm.memslots;
  if (state !== 'absent' && covers(kvm, base, gfn)) return 'changing';
  const { memslot } = kvm.geometry;
  for (let i = 0; i < (memslot?.bases.length ?? 0); i += 1) {
    if (covers(kvm, i, gfn)) return 'none';
  }
  return 'other';
};

/** Whether guest memory is behind the frame: a slot that is not about to go. */
export const isMemory = (kvm: Kvm, gfn: number): boolean => {
  const slot = gfn_to_memslot(kvm, gfn);
  return slot === 'other' || (slot === 'changing' && kvm.memslots.state === 'present');
};

/** Whether the guest may write the frame by its slot. */
export const isReadOnly = (kvm: Kvm, gfn: number): boolean =>
  kvm.geometry.memslot?.readonly === true && gfn_to_memslot(kvm, gfn) === 'changing';
