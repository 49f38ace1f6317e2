/**
 * The configurations of a scaled `dirty_log_perf_test`, and the model that each of them runs on.
 *
 * One huge page of three levels per vCPU, as with 1G pages of HugeTLB. The guest touches its pages
 * in order, the first of them by a write, so that the huge page is lost at once where it can be.
 */
import { ACC_USER_MASK } from '../../model/access.ts';
import {
  configOf,
  presets,
  scenario,
  type Config,
  type Costs,
  type Geometry,
  type Rules,
} from '../../model/index.ts';

/** Which MMU maps the memory under test, and whether the processor logs modified pages (PML). */
export const guests = ['direct', 'direct-pml', 'shadow', 'nested', 'nested-pml'] as const;
export type Guest = (typeof guests)[number];

const isDirect = (guest: Guest): boolean => guest === 'direct' || guest === 'direct-pml';
const isNested = (guest: Guest): boolean => guest === 'nested' || guest === 'nested-pml';
export const hasPmlBuffer = ({ guest }: Setting): boolean => guest === 'direct-pml';

const pmlOf = (guest: Guest): 'none' | 'direct' | 'nested' => {
  if (guest === 'direct-pml') return 'direct';
  return guest === 'nested-pml' ? 'nested' : 'none';
};

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
  /** The NX mitigation is on. */
  readonly nx?: boolean;
  /** The guest executes from its pages in place of reading them. */
  readonly executes?: boolean;
  /** The guest lets itself write none of its pages. */
  readonly readOnly?: boolean;
  /**
   * Logging has been on once before, when nothing could be split for want of memory: the huge page
   * is write-protected when it is split.
   */
  readonly protectedBefore?: boolean;
  /** Rules that are changed. */
  readonly rules?: Partial<Rules>;
}

/** Pages of a vCPU. */
export const pagesOf = ({ entries }: Setting): number => entries ** 2;

/** Pages under test. */
export const pagesInAll = (s: Setting): number => s.vcpus * pagesOf(s);

/** Whether page `n` of a vCPU is written, the written ones as evenly spread as may be. */
export const isWritten = (s: Setting, n: number): boolean => {
  if (s.writes === 0) return false;
  const every = pagesOf(s) / s.writes;
  return n % every === 0;
};

/**
 * The rules of the series that the figures were published with: every shadow MMU is split. What
 * was merged splits nested guests alone.
 */
const rulesOf = ({ guest, rules }: Setting): Rules => ({
  ...presets.upstream,
  ...(isNested(guest) ? {} : { split_scope: 'every-shadow-mmu' }),
  ...rules,
});

/** A shadow page per table of the huge pages, twice where rights may part them, and the root. */
const shadowPages = ({ vcpus, entries, nx, protectedBefore }: Setting): number =>
  1 + vcpus * (1 + entries) * (nx === true || protectedBefore === true ? 2 : 1);

function geometryOf(s: Setting): Partial<Geometry> & Pick<Geometry, 'gfns' | 'tables'> {
  const pages = pagesInAll(s);
  // Without guest tables the address is the frame; with them the first run holds the tables.
  const base = isDirect(s.guest) ? 0 : pagesOf(s);
  const gfns = base + pages;
  const isTested = (gfn: number) => gfn >= base;
  return {
    levels: 3,
    entries: s.entries,
    gfns,
    tables: isDirect(s.guest) ? 0 : 1,
    caches: s.protectedBefore === true,
    vcpus: s.vcpus,
    prev_roots: 0,
    ...(s.executes === true ? { kinds: ['ux', 'uw'] } : {}),
    nonpaging: isDirect(s.guest) ? Array.from({ length: s.vcpus }, (_, v) => v) : [],
    host_level: Array.from({ length: gfns }, (_, gfn) => (isTested(gfn) ? 3 : 1)),
    dirty_log: {
      base_gfn: base,
      npages: pages,
      word: s.entries,
      enabled: false,
      protect: s.log,
      pml: pmlOf(s.guest),
      clears: [
        { first_page: 0, num_pages: pages, pages: Array.from({ length: pages }, (_, n) => n) },
      ],
    },
  };
}

/** An entry of the root of the guest that maps a huge page. */
export type LargeEntry = (gfn: number, access: number | undefined) => number;

const accessOf = ({ readOnly }: Setting): number | undefined =>
  readOnly === true ? ACC_USER_MASK : undefined;

/** Huge entries of the root of the guest, one per vCPU. */
const memoryOf = (s: Setting, large: LargeEntry): readonly number[][] =>
  isDirect(s.guest)
    ? []
    : [
        Array.from({ length: s.entries }, (_, n) =>
          n < s.vcpus ? large((n + 1) * pagesOf(s), accessOf(s)) : 0,
        ),
      ];

export function configFor(s: Setting, large: LargeEntry, costs: Costs): Config {
  const made = scenario({
    id: 'matrix',
    says: 'A scaled dirty_log_perf_test.',
    geometry: { ...geometryOf(s), shadow_pages: shadowPages(s) },
    initialMemory: memoryOf(s, large),
    stores: [],
    nested: isNested(s.guest),
    eager_page_split: s.eager,
    nx_huge_pages: s.nx === true ? 'force' : 'never',
    budget: {
      fault: 8 * pagesInAll(s),
      log_dirty: 4,
      harvest: 2,
      alloc_failure: s.protectedBefore === true ? 1 : 0,
    },
  });
  return { ...configOf(made, rulesOf(s)), costs };
}
