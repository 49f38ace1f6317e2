/**
 * The part of the state that exists only where a slot logs its dirty pages.
 *
 * Pages are counted from the start of the slot. Ours: `harvest`, which is what userspace learns of
 * when the call under way returns.
 */
import { bitset, boolIf, oneOf, record, uint } from '../../src/engine/machine/index.ts';
import type { Config } from '../config.ts';
import { hugeRuns, type Geometry } from '../geometry.ts';
import { hasSplits } from './split.ts';

/** Whether the processor logs the pages that this guest modifies. */
export const hasPml = (g: Geometry): boolean => g.dirty_log?.pml === 'direct';

/** Whether clearing the log splits huge pages, which may drop mmu_lock within a word. */
const splitsOnClear = (config: Config): boolean =>
  hasSplits(config) && config.geometry.dirty_log?.protect === 'initially-set';

/** Whether a call that does so has several words, between which others may act. */
const splitsWords = (config: Config): boolean =>
  splitsOnClear(config) &&
  (config.geometry.dirty_log?.clears ?? []).some(
    ({ num_pages }) => num_pages > (config.geometry.dirty_log?.word ?? 0),
  );

/** struct kvm_memory_slot as far as dirty logging goes, and where the thread of slots_lock is. */
export const dirtyLogLayout = (config: Config) => {
  const { geometry: g, workload } = config;
  const pages = g.dirty_log?.npages ?? 0;
  return record({
    pc: oneOf('idle', 'srcu', 'clear-dirty', 'protect', 'flush', 'recover', 'recover-flush'),
    call: oneOf('enable', 'disable', 'get', 'clear'),
    /** Which rmap of the slot comes next after a break of mmu_lock. */
    cursor: uint(g.dirty_log !== null && workload.budget.lock_break > 0 ? g.gfns + hugeRuns(g) : 0),
    /** KVM_MEM_LOG_DIRTY_PAGES, in the slot as it is published. */
    enabled: boolIf(g.dirty_log !== null),
    dirty_bitmap: bitset(pages),
    /**
     * Pages whose stores up to the return of the call need no bit: userspace copies them later on.
     * While logging is being switched on, all.
     */
    harvest: bitset(pages),
    /** Where clearing splits: the pages of the word at hand, and those of later words to clear. */
    word: bitset(splitsOnClear(config) ? pages : 0),
    asked: bitset(splitsWords(config) ? pages : 0),
    /** Pages that were written and that nothing tells userspace of. */
    ghost_unlogged: bitset(pages),
  });
};
