/** struct kvm_vcpu, the fault under way, and what its hardware retains. */
import {
  array,
  bitset,
  bool,
  boolIf,
  oneOf,
  optionalRef,
  pool,
  record,
  uint,
} from '../../src/engine/machine/index.ts';
import { hasFastPageFaults, notifierBudget, type Config, type Workload } from '../config.ts';
import {
  addressCount,
  descriptorsPerFault,
  hasDirectMmus,
  hasPcids,
  pagesPerFault,
  pcidCount,
  prefixCount,
  type Geometry,
} from '../geometry.ts';
import { judgedKinds } from '../judged-kinds.ts';
import { pc } from '../labels.ts';
import { domainsOf, spteDomain } from './domains.ts';
import { hasPml } from './dirty-log.ts';
import { hasReadOnlyFrames } from './host.ts';
import { mmioLayout } from './memslots.ts';
import { hasNxHugePages } from './nx.ts';

/** What the hardware of a vCPU retains, and what the architecture lets it use. */
const hardwareFields = (g: Geometry, hasNx: boolean) => {
  const { va, pfn, access, cr3 } = domainsOf(g);
  const kinds = judgedKinds(g).length * pcidCount(g);
  return {
    /**
     * `huge`: loaded from a leaf above 4K. `clean`: the dirty flag was clear. `cr3`: by which value
     * of CR3, hence for which PCID.
     */
    ghost_tlb: array(
      record({
        valid: bool,
        va,
        pfn,
        access,
        huge: boolIf(hasNx),
        clean: boolIf(hasPml(g)),
        cr3: hasPcids(g) ? cr3 : uint(0),
      }),
      g.tlb_entries,
    ),
    ghost_psc: array(
      record({ valid: bool, va, level: uint(g.levels), sp: uint(g.shadow_pages - 1) }),
      g.psc_entries,
    ),
    /**
     * Frames of tables that the architecture lets this vCPU use, `[prefix * kinds + kind]`; those
     * of one PCID lie together.
     */
    ghost_allowed_table: array(bitset(g.tables), prefixCount(g) * kinds),
    /** Frames that the architecture lets an access reach, `[va * kinds + kind]`; likewise. */
    ghost_allowed_frame: array(bitset(g.gfns), addressCount(g) * kinds),
  };
};

/** Whether the guest can ask for a flush of all that it may have cached, whatever the PCID. */
export const hasGuestFlush = ({ geometry, workload: { budget } }: Config): boolean =>
  budget.invpcid_all > 0 || (hasPcids(geometry) && budget.cr4 > 1);

export const vcpuLayout = (g: Geometry, config: Config, workload: Workload) => {
  const { nx_huge_pages, prefetch, lockless_walks } = config;
  const hasFastFaults = hasFastPageFaults(config);
  const { stores, instructions } = workload;
  const { sp, gpte, gfn, pfn, va, cr3 } = domainsOf(g);
  const hasNx = hasNxHugePages({ nx_huge_pages });
  return record({
    pc,
    cr0_wp: bool,
    /** !CR0.PG: the MMU is a direct one. */
    cr0_pg_clear: boolIf(hasDirectMmus(g)),
    /** HF_SMM_MASK: in system management mode. */
    smm: boolIf(g.smm),
    /** !EFER.NX */
    efer_nx_clear: boolIf(g.efer_nx === 'toggled'),
    cr4_smep: boolIf(g.cr4.includes('smep')),
    cr4_smap: boolIf(g.cr4.includes('smap')),
    cr4_pcide: boolIf(hasPcids(g)),
    /** Index into `geometry.cr3`. */
    cr3,
    root: sp,
    request_sync: bool,
    request_flush_current: bool,
    request_free_obsolete_roots: bool,
    /** KVM_REQ_TLB_FLUSH_GUEST, less the part of it that the two above stand for. */
    request_flush_guest: boolIf(hasGuestFlush(config)),
    /** The cached roots to give back by it. */
    roots_to_free: bitset(hasGuestFlush(config) ? g.prev_roots : 0),
    prev_root: array(record({ sp, cr3 }), g.prev_roots),
    /** The instruction that exited: address, kind of access, store, error code P bit. */
    insn: record({
      va,
      kind: uint(7),
      /** 0: no store to a page table; otherwise 1 + index into `workload.stores`. */
      store: uint(stores.length),
      /** 0: a single access; otherwise 1 + index into `workload.instructions`. */
      instruction: uint(instructions.length),
      present: bool,
    }),
    /** INVLPG: which cached root comes next; 0 is the current one. */
    root_index: uint(g.prev_roots),
    /** INVPCID of an address: 1 + the PCID whose roots it is about; 0 for INVLPG. */
    invpcid: uint(workload.budget.invpcid_addr > 0 ? pcidCount(g) : 0),
    /** struct guest_walker: the entry read at each level, `[level - 1]`. */
    walker: record({
      level: uint(g.levels),
      ptes: array(gpte, g.levels),
      /** The entries of the last table, as they were when the last one was read again. */
      prefetch_ptes: array(gpte, prefetch ? g.entries : 0),
    }),
    /**
     * struct kvm_page_fault: the notifier's sequence when it began, the frame it found, and whether
     * the NX huge page mitigation was on when it began.
     */
    fault: record({
      mmu_seq: uint(notifierBudget(g, workload)),
      pfn,
      nx_huge_page_workaround_enabled: boolIf(hasNx),
      /** Whether its frame was zapped since it was looked up. */
      ghost_predates: boolIf(workload.budget.zap_range > 0),
      /** !fault->map_writable */
      map_readonly: boolIf(hasReadOnlyFrames(g, workload)),
      /** fault->slot: the slot that stays, the one that changes, or none. */
      slot: oneOf('other', 'changing', 'none'),
      /** kvm_slot_dirty_track_enabled(fault->slot): as the slot was when it was looked up. */
      log_dirty: boolIf(g.dirty_log !== null),
    }),
    /** The MMIO access cached last, by address + 1; 0 when there is none. */
    mmio: mmioLayout(g),
    /** Objects at hand for pages, and for lists of descriptors. */
    mmu_page_header_cache: uint(g.caches ? pagesPerFault(g) : 0),
    mmu_pte_list_desc_cache: uint(g.caches ? descriptorsPerFault(g) : 0),
    /** Whether an update of the slots waits for this vCPU to leave KVM. */
    srcu_awaited: boolIf(g.memslot !== null || g.dirty_log !== null),
    /** The pages of the logged slot in the PML buffer. */
    pml_buffer: bitset(hasPml(g) ? (g.dirty_log?.npages ?? 0) : 0),
    /** An emulated write whose store is done and whose shadow is not zapped yet. */
    emulated: record({ pending: bool, gfn, index: uint(g.entries - 1), old: gpte }),
    /**
     * READING_SHADOW_PAGE_TABLES: the page that a walk without mmu_lock has reached, while it is
     * under way.
     */
    reading: lockless_walks || hasFastFaults ? sp : optionalRef(pool('none', 0)),
    /** fast_page_fault(): the leaf that it has read and is about to make writable. */
    fast_pf_spte: hasFastFaults ? spteDomain(g) : uint(0),
    /** Whether the entry under way completes a full invalidation (MOV CR3). */
    ghost_invalidating: bool,
    /** Whether some instant since the exit justifies a #PF for the instruction. */
    ghost_fault_justified: bool,
    /** Faults in a row on the instruction with nobody interfering. */
    ghost_faults: uint(g.faults_max + 1),
    ...hardwareFields(g, hasNx),
  });
};
