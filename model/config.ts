/** What a machine is configured with: geometry, rules, workload and the judge. */
import type { Geometry, JudgedKind } from './geometry.ts';
import type { Rules } from './rules.ts';

/** What the guest and the host may do, and how often. */
export interface Workload {
  /** Guest stores to page tables, for guest software to choose from. */
  readonly stores: readonly GuestStore[];
  /** Addresses through which the guest stores, reads, writes and fetches. Default: all. */
  readonly addresses?: readonly number[];
  /** How many of each in a run, over all vCPUs. */
  readonly budget: Readonly<Record<BudgetName, number>>;
  /** vCPUs that may do such a thing; every vCPU may access what is mapped. Default: all. */
  readonly actors?: Partial<Readonly<Record<BudgetName, readonly number[]>>>;
}

/**
 * Faults, stores to page tables, stores of the host, INVLPG, MOV CR3, changes of CR0.WP; breaks of
 * mmu_lock while pages are synced or zapped; emulated writes that KVM turns into zapping and
 * retrying; calls of the MMU notifier; changes of the memory slot;
 * memory caches that cannot be filled.
 */
export const budgetNames = [
  'fault',
  'store',
  'host_store',
  'invlpg',
  'cr3',
  'wp',
  'lock_break',
  'unprotect',
  'notifier',
  'memslot',
  'alloc_failure',
] as const;
export type BudgetName = (typeof budgetNames)[number];

/** A store of one entry into one guest page table. */
export interface GuestStore {
  readonly gfn: number;
  readonly index: number;
  readonly value: number;
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
  readonly granularity: 'step' | 'operation';
  /** The guest repeats an instruction that faulted until it completes. */
  readonly retries: boolean;
  /** Repeating it costs no budget: runs need not end, and progress is asked about. */
  readonly endless: boolean;
}
