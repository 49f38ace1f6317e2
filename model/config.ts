/** What a machine is configured with: geometry, rules, workload and the judge. */
import type { AccessKind } from './access.ts';
import { hasDirectMmus, type Geometry } from './geometry.ts';
import type { JudgedKind } from './judged-kinds.ts';
import type { Rules } from './rules.ts';

/** What the guest and the host may do, and how often. */
export interface Workload {
  /** Guest stores to page tables, for guest software to choose from. */
  readonly stores: readonly GuestStore[];
  /** Instructions that need two translations at once, for guest software to choose from. */
  readonly instructions: readonly GuestInstruction[];
  /** Addresses through which the guest stores, reads, writes and fetches. Default: all. */
  readonly addresses?: readonly number[];
  /** How many of each in a run, over all vCPUs. */
  readonly budget: Readonly<Record<BudgetName, number>>;
  /** vCPUs that may do such a thing; every vCPU may access what is mapped. Default: all. */
  readonly actors?: Partial<Readonly<Record<BudgetName, readonly number[]>>>;
}

/**
 * Faults, stores to page tables, stores of the host, INVLPG, MOV CR3, changes of CR0.WP, of
 * EFER.NX, of CR4 and of CR0.PG, SMIs, INVPCID of a context, of an address and of everything;
 * breaks of mmu_lock while pages are synced or zapped; emulated writes that KVM turns into zapping
 * and retrying; calls of the MMU notifier; changes of the memory slot; changes of the size of a
 * leaf of the host; frames that the host makes read-only and calls with which it ages them or asks
 * for their age; zaps of a range of guest frames, and of everything when the VM goes; changes of
 * the quota; calls of the shrinker; changes of the parameter nx_huge_pages; shadow pages that the
 * recovery of NX huge pages zaps; memory caches that cannot be filled; times that userspace
 * switches dirty logging, and that it asks for dirty pages.
 */
export const budgetNames = [
  'fault',
  'store',
  'host_store',
  'invlpg',
  'cr3',
  'wp',
  'efer_nx',
  'cr4',
  'pg',
  'smi',
  'invpcid',
  'invpcid_addr',
  'invpcid_all',
  'lock_break',
  'unprotect',
  'notifier',
  'memslot',
  'alloc_failure',
  'host_resize',
  'host_share',
  'aging',
  'test_age',
  'zap_range',
  'zap_all',
  'set_quota',
  'shrink',
  'nx_toggle',
  'nx_recover',
  'log_dirty',
  'harvest',
] as const;
export type BudgetName = (typeof budgetNames)[number];

/** A store of one entry into one guest page table. */
export interface GuestStore {
  readonly gfn: number;
  readonly index: number;
  readonly value: number;
}

/** An instruction at `fetch` that also reads or writes at `data`. It completes as a whole. */
export interface GuestInstruction {
  readonly fetch: number;
  readonly data: number;
  readonly kind: AccessKind;
}

/**
 * The parameter nx_huge_pages at the start. Under `never` the mitigation cannot be switched on, and
 * the state has nothing of it.
 */
export type NxHugePages = 'never' | 'off' | 'force';

/** What steps did beside what the state shows of it, for whoever counts. No step reads it. */
export interface Costs {
  /** Calls of kvm_flush_remote_tlbs(). */
  flushes: number;
  /** Rmaps looked through to write-protect for the log, or to split. */
  rmaps: number;
}

/** Who judges a guest access, see `tlb/oracle.ts`. */
export type OracleMode = 'lenient' | 'strict';

export interface Config {
  readonly geometry: Geometry;
  /** `judgedKinds()` of the geometry. */
  readonly judgedKinds: readonly JudgedKind[];
  readonly rules: Rules;
  readonly workload: Workload;
  /** Contents of the guest page tables at the start: `[gfn][index]`. */
  readonly initialMemory: readonly (readonly number[])[];
  readonly oracle: OracleMode;
  readonly nx_huge_pages: NxHugePages;
  /** Whether a fault also maps the neighbours of the entry that it needs. */
  readonly prefetch: boolean;
  /**
   * The tables are those of a nested guest (EPT or NPT of its hypervisor), whose own guest runs on
   * them, with the TDP MMU on for all else.
   */
  readonly nested: boolean;
  /** The parameter eager_page_split: huge pages are split before their slot is logged. */
  readonly eager_page_split: boolean;
  /** Whoever splits huge pages may find mmu_lock contended whenever it looks, for ever. */
  readonly lasting_contention: boolean;
  /** Whether walks over the shadow page table without mmu_lock are cut into steps. */
  readonly lockless_walks: boolean;
  readonly granularity: 'step' | 'operation';
  /** The guest repeats an instruction that faulted until it completes. */
  readonly retries: boolean;
  /** Repeating it costs no budget: runs need not end, and progress is asked about. */
  readonly endless: boolean;
  /** Absent: nobody counts. */
  readonly costs?: Costs;
}

/** Whether the host changes its page table while the guest runs. */
export const hasNotifier = ({ geometry, workload }: Pick<Config, 'geometry' | 'workload'>) =>
  workload.budget.notifier > 0 || geometry.host_readonly.length > 0;

/** Whether faults may have to look their frame up again. */
export const hasInvalidations = (config: Pick<Config, 'geometry' | 'workload'>) =>
  hasNotifier(config) || config.workload.budget.zap_range > 0;

/** Whether a fault may be served without mmu_lock; upstream without guest tables alone. */
export const hasFastPageFaults = ({ geometry, rules }: Pick<Config, 'geometry' | 'rules'>) =>
  hasDirectMmus(geometry) || rules.fast_pf_scope === 'every-mmu';

/** How often the MMU notifier may be called; each frame that is read-only may be copied once. */
export const notifierBudget = (geometry: Geometry, { budget }: Workload): number =>
  budget.notifier + budget.zap_range + geometry.host_readonly.length + budget.host_share;
