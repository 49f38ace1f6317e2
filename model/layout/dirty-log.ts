/**
 * The part of the state that exists only where a slot logs its dirty pages.
 *
 * Pages are counted from the start of the slot. Ours: `harvest`, which is what userspace learns of
 * when the call under way returns.
 */
import { bitset, boolIf, oneOf, record, uint } from '../../src/engine/machine/index.ts';
import type { Workload } from '../config.ts';
import { hugeRuns, type Geometry } from '../geometry.ts';

/** Whether the processor logs the pages that this guest modifies. */
export const hasPml = (g: Geometry): boolean => g.dirty_log?.pml === 'direct';

/** struct kvm_memory_slot as far as dirty logging goes, and where the thread of slots_lock is. */
export const dirtyLogLayout = (g: Geometry, { budget }: Workload) => {
  const pages = g.dirty_log?.npages ?? 0;
  return record({
    pc: oneOf('idle', 'srcu', 'clear-dirty', 'protect', 'flush', 'recover', 'recover-flush'),
    call: oneOf('enable', 'disable', 'get', 'clear'),
    /** Which rmap of the slot comes next after a break of mmu_lock. */
    cursor: uint(g.dirty_log !== null && budget.lock_break > 0 ? g.gfns + hugeRuns(g) : 0),
    /** KVM_MEM_LOG_DIRTY_PAGES, in the slot as it is published. */
    enabled: boolIf(g.dirty_log !== null),
    dirty_bitmap: bitset(pages),
    /**
     * Pages whose stores up to the return of the call need no bit: userspace copies them later on.
     * While logging is being switched on, all.
     */
    harvest: bitset(pages),
    /** Pages that were written and that nothing tells userspace of. */
    ghost_unlogged: bitset(pages),
  });
};
