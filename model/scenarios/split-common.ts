/** What the scenarios of eager page splitting have in common. */
import type { DirtyLog } from '../geometry.ts';
import { scenario, type Scenario, type ScenarioInput } from '../scenario.ts';

export const log = (base_gfn: number, npages: number, of: Partial<DirtyLog> = {}): DirtyLog => ({
  base_gfn,
  npages,
  word: npages,
  enabled: false,
  protect: 'get',
  clears: [],
  pml: 'none',
  ...of,
});

/** Frames 2 and 3 are a huge page of the host, and are logged. */
export const twoFrames = {
  gfns: 4,
  tables: 1,
  host_level: [1, 1, 2, 2],
  prev_roots: 0,
  dirty_log: log(2, 2),
};

/** Frames 4 to 7 are a huge page of the host, one level higher, and are logged. */
export const fourFrames = {
  levels: 3,
  gfns: 8,
  tables: 1,
  host_level: [1, 1, 1, 1, 3, 3, 3, 3],
  prev_roots: 0,
  dirty_log: log(4, 4),
};

/** A nested guest, whose huge pages are split when their slot begins to be logged. */
export const split = (input: ScenarioInput): Scenario =>
  scenario({
    nested: true,
    eager_page_split: true,
    ...input,
    budget: { log_dirty: 1, ...input.budget },
  });
