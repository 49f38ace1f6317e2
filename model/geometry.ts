/**
 * The scaled geometry of a scenario: how many of everything there is.
 *
 * Abstracts: 512 entries, four or five levels and gigabytes of guest memory become two entries,
 * two or three levels and a handful of frames. Nothing in the model depends on the numbers.
 */
import type { AccessKind } from './access.ts';

export const PG_LEVEL_4K = 1;
export const PG_LEVEL_2M = 2;
export const PG_LEVEL_1G = 3;

/** A memory slot beside those that stay. Its frames are RAM only where the slot is. */
export interface Memslot {
  /** First guest frames at which the slot may be; it starts at the first. */
  readonly bases: readonly number[];
  readonly npages: number;
  /** What userspace does to it; `flags` changes those of another slot, one that stays. */
  readonly changes: readonly ('create' | 'delete' | 'move' | 'flags')[];
  /** Whether it is there at the start. */
  readonly present: boolean;
  /** KVM_MEM_READONLY. */
  readonly readonly: boolean;
  /**
   * Generations of the slots before their number wraps; at most MMIO_SPTE_GENERATIONS for all
   * address spaces together.
   */
  readonly generations: number;
  /** The address space that has the slot, of two where vCPUs enter SMM. Default: 0. */
  readonly as_id?: number;
}

/**
 * The slot whose dirty pages KVM can log: one of those that stay. A run of frames that the host
 * maps huge lies within it or outside of it.
 */
export interface DirtyLog {
  readonly base_gfn: number;
  readonly npages: number;
  /** Pages that a word of the bitmap stands for: the scaled BITS_PER_LONG. */
  readonly word: number;
  /** Whether it is logged at the start. */
  readonly enabled: boolean;
  /**
   * KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: what arms logging again. `initially-set` is `clear` with
   * KVM_DIRTY_LOG_INITIALLY_SET.
   */
  readonly protect: 'get' | 'clear' | 'initially-set';
  /**
   * Whether the processor logs modified pages (PML). `direct`: it does, for a guest that KVM gives
   * direct MMUs (ept=Y tdp_mmu=N). `nested`: it does, and the tables shadowed are those of a nested
   * guest, whose addresses are of no use in the log: SPTE_TDP_AD_WRPROT_ONLY.
   */
  readonly pml: 'none' | 'direct' | 'nested';
  /** What userspace may ask KVM_CLEAR_DIRTY_LOG for. */
  readonly clears: readonly ClearDirtyLog[];
}

/** struct kvm_clear_dirty_log: pages counted from the start of the slot. */
export interface ClearDirtyLog {
  readonly first_page: number;
  readonly num_pages: number;
  readonly pages: readonly number[];
}

/** How many shadow pages a VM may have; the scaled KVM_MIN_FREE_MMU_PAGES and KVM_REFILL_PAGES. */
export interface Quota {
  readonly n_max: number;
  readonly min_free: number;
  readonly refill: number;
  /** What userspace sets n_max to and back again. Default: it leaves it alone. */
  readonly lowered?: number;
}

/** Guest frames that the host changes by one call of its own, beside other calls. */
export interface Invalidation {
  readonly gfn: number;
  readonly npages: number;
}

/** The bits of CR4 that roles, permissions and invalidations depend on. */
export type Cr4Bit = 'smep' | 'smap' | 'pcide';

export interface Geometry {
  /** Levels of guest page tables, and of shadow page tables but for `passthrough`: 2 or 3. */
  readonly levels: number;
  /**
   * Whether hardware walks one level more than the guest has, as where a host with five levels
   * shadows an NPT of four: a root has one entry, which leads to the page for the table of CR3.
   */
  readonly passthrough: boolean;
  /** Entries of a table (PT64_ENT_PER_PAGE). */
  readonly entries: number;
  /** Guest frames. Frames `0..tables-1` hold guest page tables, the others data. */
  readonly gfns: number;
  readonly tables: number;
  /** Host frame behind each guest frame. Two guest frames may share one. */
  readonly host_pfn: readonly number[];
  /** Host frames there are; more than guest frames when the host may move one. */
  readonly pfns: number;
  /** Level at which the host maps the frame behind each guest frame: 1, or more for a huge page. */
  readonly host_level: readonly number[];
  /**
   * Ranges that threads of the host invalidate, each its own, at the same time; with none of them
   * one thread invalidates any leaf of the host.
   */
  readonly invalidations: readonly Invalidation[];
  /** What the host ages at a time; `null` for one frame, any. */
  readonly aging_range: Invalidation | null;
  /** Guest frames that the host maps read-only at the start, as one that others may share. */
  readonly host_readonly: readonly number[];
  /** Whether the host asks which of its frames were written when it takes them back. */
  readonly host_dirty: boolean;
  /** The memory slot that userspace changes; `null` when all frames are in slots that stay. */
  readonly memslot: Memslot | null;
  /** The slot whose dirty pages can be logged; `null` when none is. */
  readonly dirty_log: DirtyLog | null;
  /** The quota of shadow pages; `null` when there are enough for every run. */
  readonly quota: Quota | null;
  /** Whether the memory caches of a vCPU are counted. */
  readonly caches: boolean;
  /**
   * vCPUs that start with CR0.PG clear: a direct MMU maps each address to the guest frame of that
   * number. Their accesses have no guest tables; `cr3`, rights and modes are of the others alone.
   */
  readonly nonpaging: readonly number[];
  /** Whether the guest may clear CR0.PG and set it again. */
  readonly cr0_pg: 'kept' | 'toggled';
  /**
   * Whether vCPUs may enter SMM, where they run without paging and see the slots of a second
   * address space. Slots that stay are in both.
   */
  readonly smm: boolean;
  /** Guest frames that the guest may load into CR3; the first is loaded at the start. */
  readonly cr3: readonly number[];
  readonly vcpus: number;
  /** Slots for shadow pages, freed ones that something still points at included. */
  readonly shadow_pages: number;
  /** KVM_MMU_NUM_PREV_ROOTS. */
  readonly prev_roots: number;
  /** Translations that the ghost TLB of a vCPU retains at a time. */
  readonly tlb_entries: number;
  /** Upper-level entries that the ghost paging-structure cache of a vCPU retains; 0 or 1. */
  readonly psc_entries: number;
  /** Kinds of data and instruction access that the guest makes. */
  readonly kinds: readonly AccessKind[];
  /** Whether the guest may clear EFER.NX, which makes the execute-disable bit a reserved one. */
  readonly efer_nx: 'set' | 'toggled';
  /** PCID of each value of CR3, which counts once CR4.PCIDE is set: 0, 1, ... */
  readonly pcids: readonly number[];
  /** Bits of CR4 that the guest toggles; they are clear at the start. */
  readonly cr4: readonly Cr4Bit[];
  /** Writes to an upper-level table since its last use that make KVM zap its shadow page. */
  readonly flood_threshold: number;
  /** Unsync shadow pages that one pass of mmu_sync_children() collects (KVM_PAGE_ARRAY_NR). */
  readonly unsync_batch: number;
  /** Faults in a row, with nobody interfering, after which an access must have completed. */
  readonly faults_max: number;
}

/** Whether some vCPU runs without paging, be it for a while. */
export const hasDirectMmus = (g: Geometry): boolean =>
  g.nonpaging.length > 0 || g.cr0_pg === 'toggled' || g.smm;

/** KVM_MAX_NR_ADDRESS_SPACES: sets of memory slots, of which a vCPU sees one. */
export const addressSpaces = (g: Geometry): number => (g.smm ? 2 : 1);

/** Whether some vCPU has guest page tables, be it for a while. */
export const hasGuestTables = (g: Geometry): boolean =>
  g.nonpaging.length < g.vcpus || g.cr0_pg === 'toggled';

/** Whether the guest may set CR4.PCIDE. */
export const hasPcids = (g: Geometry): boolean => g.cr4.includes('pcide');

/** Number of PCIDs whose translations the hardware keeps apart. */
export const pcidCount = (g: Geometry): number => (hasPcids(g) ? Math.max(...g.pcids) + 1 : 1);

/** KVM_PAGES_PER_HPAGE(): frames that a leaf at `level` maps. */
export const pagesPerLeaf = ({ entries }: Geometry, level: number): number => {
  // Every walk asks: a few multiplications of integers take a fraction of the time of a power.
  let pages = 1;
  for (let above = PG_LEVEL_4K; above < level; above += 1) pages *= entries;
  return pages;
};

/** Level of a root shadow page. */
export const rootLevel = (g: Geometry): number => g.levels + (g.passthrough ? 1 : 0);

/** Guest virtual addresses, in units of the smallest page: `0..addressCount-1`. */
export const addressCount = (g: Geometry): number => pagesPerLeaf(g, g.levels + 1);

/** SHADOW_PT_INDEX(): the entry that `va` selects in a table at `level`. */
export const tableIndex = (g: Geometry, va: number, level: number): number =>
  ((va / pagesPerLeaf(g, level)) | 0) % g.entries;

/** Whether two addresses are translated through the same entry at `level`. */
export const isUnderOneEntry = (g: Geometry, a: number, b: number, level: number): boolean =>
  ((a / pagesPerLeaf(g, level)) | 0) === ((b / pagesPerLeaf(g, level)) | 0);

/**
 * The part of `va` above `level`, which names one entry of that level in the whole address space.
 * Order: prefixes of the root level come first.
 */
export const prefixOf = (g: Geometry, va: number, level: number): number => {
  let base = 0;
  let prefixes = 1;
  for (let above = g.levels; above > level; above -= 1) {
    prefixes *= g.entries;
    base += prefixes;
  }
  return base + ((va / pagesPerLeaf(g, level)) | 0);
};

/** Number of prefixes above the last level, that is of distinct paging-structure-cache tags. */
export const prefixCount = (g: Geometry): number => prefixOf(g, 0, PG_LEVEL_4K);

/** The first frame of the run that a leaf at `level` over `gfn` maps. */
export const alignedGfn = (g: Geometry, gfn: number, level: number): number =>
  gfn - (gfn % pagesPerLeaf(g, level));

/** Whether anything above 4K may be mapped as a leaf: by the guest or by the host. */
export const hasHugeFrames = (g: Geometry): boolean =>
  g.levels > 1 && g.host_level.some((l) => l > 1);

/** Frames that can be counted in whole aligned runs of `level`. */
const runsOf = (g: Geometry, level: number): number => Math.floor(g.gfns / pagesPerLeaf(g, level));

/** Aligned runs of frames, over all levels, that a leaf above 4K could map; none without any. */
export const hugeRuns = (g: Geometry): number => {
  let runs = 0;
  for (let level = PG_LEVEL_2M; hasHugeFrames(g) && level <= g.levels; level += 1) {
    runs += runsOf(g, level);
  }
  return runs;
};

/**
 * Number of the run that a leaf at `level` over `gfn` maps, or -1 when guest memory ends within it.
 * Order: by level, then by frame.
 */
export const hugeRun = (g: Geometry, gfn: number, level: number): number => {
  const run = Math.floor(gfn / pagesPerLeaf(g, level));
  if (!hasHugeFrames(g) || run >= runsOf(g, level)) return -1;
  let before = 0;
  for (let below = PG_LEVEL_2M; below < level; below += 1) before += runsOf(g, below);
  return before + run;
};

/** Threads that may invalidate at the same time. */
export const notifierCalls = (g: Geometry): number => Math.max(1, g.invalidations.length);

/** Whether the order of active_mmu_pages matters: where somebody zaps the oldest pages first. */
export const hasListOrder = (g: Geometry): boolean => g.memslot !== null || g.quota !== null;

/** PT64_ROOT_MAX_LEVEL pages: one for each level that a fault may have to add. */
export const pagesPerFault = (g: Geometry): number => g.levels;
/** One object for the rmap of the leaf, one for the parents of each page. */
export const descriptorsPerFault = (g: Geometry): number => 1 + g.levels;
/** One object for the rmap of each smaller page, one for the parents of their table. */
export const descriptorsPerSplit = (g: Geometry): number => g.entries + 1;
