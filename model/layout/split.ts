/** The part of the state that exists only where huge pages are split eagerly. */
import { boolIf, oneOf, record, uint } from '../../src/engine/machine/index.ts';
import type { Config } from '../config.ts';
import { descriptorsPerSplit, type Geometry } from '../geometry.ts';

/** Whether the state has the thread that splits. */
export const hasSplits = (config: Pick<Config, 'eager_page_split' | 'geometry'>): boolean =>
  config.eager_page_split && config.geometry.dirty_log !== null;

/** Where the thread is: without mmu_lock at `idle`, `start` and `topup`. */
const pc = oneOf('idle', 'start', 'try', 'commit', 'flush', 'link', 'break', 'end', 'topup');

/** Where the thread that splits is, its locals, and the caches of struct kvm_arch for it. */
export const splitLayout = (g: Geometry, config: Config) => {
  const has = hasSplits(config);
  const { split_alloc, split_entries, split_break, split_page } = config.rules;
  const hasSpare = has && split_alloc !== 'from-caches';
  return record({
    pc: has ? pc : { ...pc, cardinality: 1 },
    level: uint(has ? g.levels : 0),
    /** The first frame of the run whose rmap is looked at. */
    gfn: uint(has ? g.gfns : 0),
    /** The huge entry that is being split, and the page that takes its place. */
    sptep: uint(has ? g.shadow_pages * g.entries - 1 : 0),
    child: uint(has ? g.shadow_pages - 1 : 0),
    /** Whether something was split since mmu_lock was taken. */
    progressed: boolIf(has && split_break === 'after-progress'),
    /** Whether `child` was made before mmu_lock was dropped. */
    carried: boolIf(has && split_page !== 'used-at-once'),
    /** A flush that was put off until mmu_lock is dropped. */
    flush: boolIf(has && split_entries !== 'all'),
    /** A page allocated in advance, and pages that nobody knows of any more. */
    spare: boolIf(hasSpare),
    ghost_lost_page: boolIf(has),
    split_page_header_cache: uint(has && g.caches ? 1 : 0),
    split_desc_cache: uint(has && g.caches ? descriptorsPerSplit(g) : 0),
  });
};
