/** The part of the state that exists only where a memory slot changes. */
import { bitset, boolIf, oneOf, record, uint } from '../../src/engine/machine/index.ts';
import { addressCount, addressSpaces, type Geometry } from '../geometry.ts';

/** struct kvm_memslots as far as one slot changes, and where the thread that changes it is. */
export const memslotsLayout = (g: Geometry) => {
  const slot = g.memslot;
  return record({
    pc: oneOf('idle', 'sync', 'zap-all', 'zap', 'unlocked', 'commit', 'publish'),
    change: oneOf('delete', 'move'),
    state: oneOf('absent', 'present', 'invalid'),
    /** Where the slot is: index into `bases`. */
    base: uint(slot === null ? 0 : slot.bases.length - 1),
    generation: uint(slot === null ? 0 : slot.generations - 1),
    /** KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS. */
    update_in_progress: boolIf(slot !== null),
    /** The invalid_list of kvm_zap_obsolete_pages(), which outlives breaks of mmu_lock. */
    invalid_list: bitset(slot === null ? 0 : g.shadow_pages),
  });
};

/** vcpu->arch.mmio_gva, mmio_gfn, mmio_access and mmio_gen. */
export const mmioLayout = (g: Geometry) => {
  const has = g.memslot !== null;
  return record({
    va: uint(has ? addressCount(g) : 0),
    gfn: uint(has ? g.gfns - 1 : 0),
    access: uint(has ? 7 : 0),
    generation: uint(has ? addressSpaces(g) * g.memslot.generations - 1 : 0),
  });
};
