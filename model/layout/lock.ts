/** mmu_lock, and the locals of the function that holds it. */
import { bitset, bool, record, uint, type Scalar } from '../../src/engine/machine/index.ts';
import { rootLevel, type Geometry } from '../geometry.ts';
import { pc } from '../labels.ts';
import { domainsOf } from './domains.ts';

/** Locals of the function that holds mmu_lock. */
export const lockLayout = (g: Geometry, hasNx: boolean, holder: Scalar<number | null>) => {
  const { sp } = domainsOf(g);
  return record({
    holder,
    /** it.level and it.sp of the walk over the shadow page table. */
    level: uint(rootLevel(g)),
    /** The level at which the fault will map. */
    goal_level: uint(rootLevel(g)),
    /** The level at which it would map without the NX huge page mitigation. */
    req_level: uint(hasNx ? rootLevel(g) : 0),
    sp,
    child: sp,
    /** Whether the child is not linked yet, and whether this fault created it. */
    fresh: bool,
    created: bool,
    /** make_spte() found the gfn shadowed and not to be made unsync. */
    wrprot: bool,
    /** The function's own `flush`. */
    flush: bool,
    /** Where the step after a flush, and after a sync, is. */
    after_flush: pc,
    after_sync: pc,
    /** mmu_sync_children(): the parent; the page being synced, its entry; the rest of a batch. */
    sync_parent: sp,
    sync_sp: sp,
    sync_index: uint(g.entries - 1),
    sync_batch: bitset(g.shadow_pages),
    /** Whether a batch is done, after which the function may break the lock. */
    batch_done: bool,
  });
};
