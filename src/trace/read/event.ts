/** What happened, as far as one line tells. Kinds are the names of the tracepoints and probes. */
import type { Descriptor } from './role.ts';
import type { Spte } from './spte.ts';

/**
 * Address of an SPTE in the numbering of the probes, exact: the physical address, or that plus
 * a constant where the kernel's direct map is randomised.
 */
export type SpteAddress = number;

interface OfPage<K extends string> {
  readonly kind: K;
  readonly sp: Descriptor;
}

export interface Gotten extends OfPage<'kvm_mmu_get_page'> {
  readonly created: boolean;
}
export type Unsynced = OfPage<'kvm_mmu_unsync_page'>;
export type Synced = OfPage<'kvm_mmu_sync_page'>;
export type Zapped = OfPage<'kvm_mmu_prepare_zap_page'>;

export interface ZappedAll {
  readonly kind: 'kvm_mmu_zap_all_fast';
  readonly gen: number;
  /** n_used_mmu_pages. */
  readonly used: number | undefined;
}
export interface Requested {
  readonly kind: 'kvm_mmu_spte_requested';
  readonly gfn: number;
  readonly pfn: number;
  readonly level: number;
}
export interface SpteSet {
  readonly kind: 'kvm_mmu_set_spte';
  readonly gfn: number;
  readonly spte: Spte;
  readonly level: number;
  readonly sptep: SpteAddress;
}
export interface Split {
  readonly kind: 'kvm_mmu_split_huge_page';
  readonly gfn: number;
  readonly spte: Spte;
  readonly level: number;
  readonly errno: number;
}
export interface FastFault {
  readonly kind: 'fast_page_fault';
  readonly address: number;
  readonly old: Spte;
  readonly new: Spte;
  readonly fixed: boolean;
}
export interface TdpChanged {
  readonly kind: 'kvm_tdp_mmu_spte_changed';
  readonly asId: number;
  readonly gfn: number;
  readonly level: number;
  readonly old: Spte;
  readonly new: Spte;
}
export interface MmioMarked {
  readonly kind: 'mark_mmio_spte';
  readonly gfn: number;
  readonly gen: number;
}
export interface MmioFault {
  readonly kind: 'handle_mmio_page_fault';
  readonly gfn: number;
}
export interface Entered {
  readonly kind: 'kvm_entry';
  readonly vcpu: number;
}
export interface Exited {
  readonly kind: 'kvm_exit';
  readonly reason: string;
}
/** A flush of any width, requested from others or carried out here. */
export interface Flushed {
  readonly kind: 'flush';
  readonly remote: boolean;
}
export interface Linked {
  readonly kind: 'link_sp';
  readonly sptep: SpteAddress;
  readonly gfn: number;
  readonly role: number;
  readonly spt: SpteAddress;
}
/** drop_spte, spte_clear, page_zap_pte. */
export interface Dropped {
  readonly kind: 'drop_spte';
  readonly sptep: SpteAddress;
  readonly spte: Spte;
}
export interface Updated {
  readonly kind: 'spte_update';
  readonly sptep: SpteAddress;
  readonly old: Spte;
  readonly new: Spte;
}
export interface LimitChanged {
  readonly kind: 'change_mmu_pages';
  readonly goal: number;
}
/** Every leaf over a range of gfns is removed. */
export interface Unmapped {
  readonly kind: 'unmap_gfn_range';
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}
/** What `unmap_gfn_range` returned: whether its caller owes a flush. */
export interface UnmapReturned {
  readonly kind: 'unmap_gfn_range_ret';
  readonly flush: boolean;
}
/** The vCPU turns to other tables: of L1 or L2, inside or outside SMM. */
export interface ContextSwitched {
  readonly kind: 'context';
}
/** What a write protection returned: whether a leaf lost its right. */
export interface WriteProtectReturned {
  readonly kind: 'write_protect_gfn_ret';
  readonly changed: boolean;
}
export interface WriteProtected {
  readonly kind: 'write_protect_gfn';
  readonly gfn: number;
}
/** The start of a fault or of a synchronisation: what was requested before is over. */
export interface Boundary {
  readonly kind: 'boundary';
  readonly what: string;
}
/** A line that user space wrote into the trace. */
export interface Marked {
  readonly kind: 'marker';
  readonly text: string;
}

export type TraceEvent =
  | Gotten
  | Unsynced
  | Synced
  | Zapped
  | ZappedAll
  | Requested
  | SpteSet
  | Split
  | FastFault
  | TdpChanged
  | MmioMarked
  | MmioFault
  | Entered
  | Exited
  | Flushed
  | Linked
  | Dropped
  | Updated
  | LimitChanged
  | WriteProtected
  | WriteProtectReturned
  | Unmapped
  | UnmapReturned
  | ContextSwitched
  | Boundary
  | Marked;

export type EventKind = TraceEvent['kind'];
export type EventOf<K extends EventKind> = Extract<TraceEvent, { kind: K }>;
