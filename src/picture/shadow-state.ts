/** The parts of a state of the shadow MMU that are shown; its layout guarantees their shape. */
import type { Snapshot } from '../checker/catalogue.ts';

export interface ShadowPage {
  readonly accessed_clear: readonly number[];
  readonly list: string;
  readonly gfn: number;
  readonly role: {
    readonly level: number;
    readonly access: number;
    readonly direct: boolean;
    readonly cr0_wp: boolean;
    readonly invalid: boolean;
  };
  readonly obsolete: boolean;
  /** On active_mmu_pages, the oldest first; 0 where the order does not matter. */
  readonly position: number;
  readonly nx_huge_page_disallowed: boolean;
  readonly unsync: boolean;
  readonly unsync_children: number;
  readonly root_count: number;
  readonly unsync_child_bitmap: readonly number[];
  readonly spt: readonly number[];
  readonly shadowed_gfn: readonly number[];
  readonly shadowed_access: readonly number[];
  readonly parent_ptes: readonly number[];
}

export interface TlbEntry {
  readonly valid: boolean;
  readonly va: number;
  readonly pfn: number;
  readonly access: number;
}

export interface PscEntry {
  readonly valid: boolean;
  readonly va: number;
  readonly level: number;
  readonly sp: number;
}

export interface ShadowVcpu {
  readonly pc: string;
  readonly cr0_wp: boolean;
  readonly cr0_pg_clear: boolean;
  readonly efer_nx_clear: boolean;
  readonly cr4_smep: boolean;
  readonly cr4_smap: boolean;
  readonly cr4_pcide: boolean;
  readonly cr3: number;
  readonly root: number | null;
  readonly request_sync: boolean;
  readonly request_flush_current: boolean;
  readonly request_free_obsolete_roots: boolean;
  readonly prev_root: readonly { readonly sp: number | null; readonly cr3: number }[];
  readonly insn: { readonly va: number; readonly kind: number };
  readonly walker: { readonly ptes: readonly number[] };
  readonly fault: { readonly pfn: number; readonly ghost_predates: boolean };
  /** What it remembers of MMIO: the address plus one, 0 for nothing. */
  readonly mmio: { readonly va: number; readonly gfn: number; readonly generation: number };
  readonly mmu_page_header_cache: number;
  readonly mmu_pte_list_desc_cache: number;
  /** The page that a walk without mmu_lock has reached. */
  readonly reading: number | null;
  readonly emulated: {
    readonly pending: boolean;
    readonly gfn: number;
    readonly index: number;
  };
  /** Of the instruction at hand, in a row; 0 where they are not counted. */
  readonly ghost_faults: number;
  readonly ghost_tlb: readonly TlbEntry[];
  readonly ghost_psc: readonly PscEntry[];
}

export interface ShadowState {
  readonly mmu_lock: { readonly holder: number | null; readonly sync_parent: number | null };
  readonly arch: {
    readonly indirect_shadow_pages: number;
    readonly n_used_mmu_pages: number;
    readonly n_max_mmu_pages: number;
  };
  /** Who zaps a range or everything. */
  readonly zapper: { readonly pc: string };
  /** Guest frames that are read-only, host frames reported as written, and those written. */
  readonly host: {
    readonly readonly: readonly number[];
    readonly dirty: readonly number[];
    readonly ghost_written: readonly number[];
  };
  readonly memslots: {
    readonly pc: string;
    readonly state: string;
    readonly base: number;
    readonly generation: number;
  };
  /** Who ages a leaf: its entry (page, index), counted from 1; 0 when nobody does. */
  readonly aging: { readonly sptep: number };
  readonly nx: {
    readonly nx_huge_pages: boolean;
    readonly possible_nx_huge_pages: readonly (number | null)[];
    readonly nr_possible_nx_huge_pages: number;
  };
  readonly ghost_owed: {
    readonly unmap: readonly number[];
    readonly protect: readonly number[];
    readonly link: boolean;
  };
  readonly ghost: { readonly warning: string; readonly host_stored: readonly number[] };
  readonly mmu_notifier: {
    readonly calls: readonly {
      readonly pc: string;
      readonly gfn: number;
      readonly ghost_counted: boolean;
    }[];
    readonly mn_active_invalidate_count: number;
    readonly mmu_invalidate_in_progress: number;
    readonly mmu_invalidate_range_start: number;
    readonly mmu_invalidate_range_end: number;
  };
  /** Pages by their number in the slot. */
  readonly dirty_log: {
    readonly pc: string;
    readonly call: string;
    readonly enabled: boolean;
    readonly dirty_bitmap: readonly number[];
    readonly harvest: readonly number[];
    readonly ghost_unlogged: readonly number[];
  };
  readonly split: {
    readonly pc: string;
    /** The entry (page, index) that is being split. */
    readonly sptep: number;
    /** A page that is kept for the next split. */
    readonly spare: boolean;
    readonly split_page_header_cache: number;
    readonly split_desc_cache: number;
  };
  /** Empty where the host moves no frame. */
  readonly host_pfn: readonly number[];
  /** Level at which the host maps a frame; empty where all are small. */
  readonly host_level: readonly number[];
  readonly gfn_write_track: readonly number[];
  /** Chains at 4K by gfn, then those above 4K. */
  readonly rmap: readonly (readonly number[])[];
  readonly disallow_lpage: readonly number[];
  readonly memory: readonly (readonly number[])[];
  readonly sp: readonly ShadowPage[];
  readonly vcpu: readonly ShadowVcpu[];
}

export const shadowState = (snapshot: Snapshot): ShadowState => snapshot as unknown as ShadowState;
