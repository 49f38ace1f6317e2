/**
 * Which memory slot a guest frame is in, as a lookup finds it now.
 *
 * Kernel: gfn_to_memslot(), struct kvm_memory_slot. One slot changes (`geometry.memslot`), in one
 * address space; a frame
 * that it never covers is in a slot that stays.
 */
import { addressSpaces } from './geometry.ts';
import type { Kvm } from './state.ts';

/** Whether the changing slot covers the frame when it is at the base with this number. */
const covers = (kvm: Kvm, base: number, gfn: number): boolean => {
  const slot = kvm.geometry.memslot;
  const first = slot?.bases[base];
  return slot !== null && first !== undefined && gfn >= first && gfn < first + slot.npages;
};

/** The slot of a frame: one that stays, the changing one (invalid or not), or none. */
export const gfn_to_memslot = (
  kvm: Kvm,
  gfn: number,
  as_id: number,
): 'other' | 'changing' | 'none' => {
  const { state, base } = kvm.memslots;
  const isHere = (kvm.geometry.memslot?.as_id ?? 0) === as_id;
  if (isHere && state !== 'absent' && covers(kvm, base, gfn)) return 'changing';
  const { memslot } = kvm.geometry;
  for (let i = 0; i < (memslot?.bases.length ?? 0); i += 1) {
    if (covers(kvm, i, gfn)) return 'none';
  }
  return 'other';
};

/** Whether guest memory is behind the frame: a slot that is not about to go. */
export const isMemory = (kvm: Kvm, gfn: number, as_id: number): boolean => {
  const slot = gfn_to_memslot(kvm, gfn, as_id);
  return slot === 'other' || (slot === 'changing' && kvm.memslots.state === 'present');
};

/** Whether the guest may write the frame by its slot. */
export const isReadOnly = (kvm: Kvm, gfn: number, as_id: number): boolean =>
  kvm.geometry.memslot?.readonly === true && gfn_to_memslot(kvm, gfn, as_id) === 'changing';

/** Whether the frame is in a slot of some address space. */
export const isInSomeSlot = (kvm: Kvm, gfn: number): boolean => {
  for (let as_id = 0; as_id < addressSpaces(kvm.geometry); as_id += 1) {
    if (gfn_to_memslot(kvm, gfn, as_id) !== 'none') return true;
  }
  return false;
};

/** kvm_memslots()->generation of an address space; unique among all of them. */
export const generationOf = (kvm: Kvm, as_id: number): number => {
  const changes = (kvm.geometry.memslot?.as_id ?? 0) === as_id;
  const generation = changes ? kvm.memslots.generation : 0;
  return kvm.geometry.smm ? 2 * generation + as_id : generation;
};

/** Whether the slots of an address space are being updated. */
export const isUpdating = (kvm: Kvm, as_id: number): boolean =>
  kvm.memslots.update_in_progress && (kvm.geometry.memslot?.as_id ?? 0) === as_id;
