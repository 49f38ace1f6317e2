/**
 * The configurations of a scaled `dirty_log_perf_test`, and the model that each of them runs on.
 *
 * One huge page of three levels per vCPU, as with 1G pages of HugeTLB. The guest touches its pages
 * in order, the first of them by a write, so that the huge page is lost at once where it can be.
 */
import {
  configOf,
  presets,
  scenario,
  type Config,
  type Costs,
  type Geometry,
  type Rules,
} from '../../model/index.ts';

/** Which MMU maps the memory under test. */
export const guests = ['direct', 'shadow', 'nested'] as const;
export type Guest = (typeof guests)[number];

/** How the log is read: GET alone, or GET and CLEAR of a log that begins full. */
export const logs = ['get', 'initially-set'] as const;
export type Log = (typeof logs)[number];

export interface Setting {
  readonly guest: Guest;
  readonly vcpus: number;
  /** Pages per vCPU that are written in each pass; all others are read. */
  readonly writes: number;
  readonly log: Log;
  readonly eager: boolean;
  /** Entries of a table: a huge page has the square of it. */
  readonly entries: number;
  /** The guest executes from its pages in place of reading them, under the NX mitigation. */
  readonly executes?: boolean;
  /** Rules that are changed. */
  readonly rules?: Partial<Rules>;
}

/** Pages of a vCPU. */
export const pagesOf = ({ entries }: Setting): number => entries ** 2;

/** Pages under test. */
export const pagesInAll = (s: Setting): number => s.vcpus * pagesOf(s);

/** Whether page `n` of a vCPU is written, the written ones as evenly spread as may be. */
export const isWritten = (s: Setting, n: number): boolean => {
  const every = pagesOf(s) / s.writes;
  return n % every === 0;
};

/**
 * The rules of the series that the figures were published with: every shadow MMU is split. What
 * was merged splits nested guests alone.
 */
const rulesOf = ({ guest, rules }: Setting): Rules => ({
  ...presets.upstream,
  ...(guest === 'nested' ? {} : { split_scope: 'every-shadow-mmu' }),
  ...rules,
});

/** A shadow page per table of the huge pages, twice where rights may part them, and the root. */
const shadowPages = ({ vcpus, entries, executes }: Setting): number =>
  1 + vcpus * (1 + entries) * (executes === true ? 2 : 1);

function geometryOf(s: Setting): Partial<Geometry> & Pick<Geometry, 'gfns' | 'tables'> {
  const pages = pagesInAll(s);
  // Without guest tables the address is the frame; with them the first run holds the tables.
  const base = s.guest === 'direct' ? 0 : pagesOf(s);
  const gfns = base + pages;
  const isTested = (gfn: number) => gfn >= base;
  return {
    levels: 3,
    entries: s.entries,
    gfns,
    tables: s.guest === 'direct' ? 0 : 1,
    vcpus: s.vcpus,
    prev_roots: 0,
    ...(s.executes === true ? { kinds: ['ux', 'uw'] } : {}),
    nonpaging: s.guest === 'direct' ? Array.from({ length: s.vcpus }, (_, v) => v) : [],
    host_level: Array.from({ length: gfns }, (_, gfn) => (isTested(gfn) ? 3 : 1)),
    dirty_log: {
      base_gfn: base,
      npages: pages,
      word: s.entries,
      enabled: false,
      protect: s.log,
      pml: 'none',
      clears: [
        { first_page: 0, num_pages: pages, pages: Array.from({ length: pages }, (_, n) => n) },
      ],
    },
  };
}

/** Huge entries of the root of the guest, one per vCPU. */
const memoryOf = (s: Setting, large: (gfn: number) => number): readonly number[][] =>
  s.guest === 'direct'
    ? []
    : [
        Array.from({ length: s.entries }, (_, n) =>
          n < s.vcpus ? large((n + 1) * pagesOf(s)) : 0,
        ),
      ];

export function configFor(s: Setting, large: (gfn: number) => number, costs: Costs): Config {
  const made = scenario({
    id: 'matrix',
    says: 'A scaled dirty_log_perf_test.',
    geometry: { ...geometryOf(s), shadow_pages: shadowPages(s) },
    initialMemory: memoryOf(s, large),
    stores: [],
    nested: s.guest === 'nested',
    eager_page_split: s.eager,
    nx_huge_pages: s.executes === true ? 'force' : 'never',
    budget: { fault: 8 * pagesInAll(s), log_dirty: 1, harvest: 2 },
  });
  return { ...configOf(made, rulesOf(s)), costs };
}
