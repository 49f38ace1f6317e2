/**
 * The shape of the state: guest memory, the shadow MMU, vCPUs, and what exists for checking.
 *
 * Kernel: struct kvm_mmu_page, struct kvm_mmu, struct kvm_vcpu, struct kvm_arch. Read against
 * Linux 7.2. Ghost state starts with `ghost_`; no step of KVM reads it.
 *
 * Locals of a function that holds mmu_lock live in `mmu_lock`, because only one thread has them
 * at a time; locals of code that runs without the lock live in the vCPU.
 */
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
  type Scalar,
} from '../src/engine/machine/index.ts';
import { gpteMax } from './gpte.ts';
import { MMIO_SPTE_GENERATIONS, spteMax } from './spte.ts';
import {
  addressCount,
  descriptorsPerFault,
  hasListOrder,
  hugeRuns,
  pagesPerFault,
  prefixCount,
  type Geometry,
} from './geometry.ts';
import { judgedKinds } from './judged-kinds.ts';
import type { Config, Workload } from './config.ts';
import { pc, warning } from './labels.ts';
import { memslotsLayout, mmioLayout } from './memslot-layout.ts';
import { hasNxHugePages, nxLayout } from './nx-layout.ts';

export type { Pc, Warning } from './labels.ts';

/** Largest word of an SPTE: a frame, a shadow page, or a frame and a generation. */
const spteDomain = (g: Geometry): Scalar<number> =>
  uint(
    spteMax(
      Math.max(g.pfns, g.shadow_pages, g.memslot === null ? 0 : g.gfns * MMIO_SPTE_GENERATIONS),
    ),
  );

/** Domains that several records share. */
const domainsOf = (g: Geometry) => ({
  sp: optionalRef(pool('sp', g.shadow_pages)),
  gpte: uint(gpteMax(g.gfns)),
  gfn: uint(g.gfns - 1),
  pfn: uint(g.pfns - 1),
  va: uint(addressCount(g) - 1),
  access: uint(7),
  cr3: uint(g.cr3.length - 1),
  /** Sets of entries (page, index), see sptepOf(). */
  spteps: bitset(g.shadow_pages * g.entries),
});

const pageLayout = (g: Geometry, hasNx: boolean) => {
  const { gfn, access, spteps } = domainsOf(g);
  return record({
    /** Which list the page is on; a pinned invalid root is on none. */
    list: oneOf('free', 'active', 'invalid_list', 'none'),
    gfn,
    role: record({
      level: uint(g.levels),
      access,
      direct: bool,
      cr0_wp: bool,
      /** !efer_nx */
      efer_nx_clear: boolIf(g.efer_nx === 'toggled'),
      invalid: bool,
    }),
    /** mmu_valid_gen differs from that of the VM, which is all that is ever asked of the two. */
    obsolete: boolIf(g.memslot !== null),
    /** Place on active_mmu_pages, 0 for the oldest. */
    position: uint(hasListOrder(g) ? g.shadow_pages - 1 : 0),
    unsync: bool,
    unsync_children: uint(g.entries + 1),
    root_count: uint(g.vcpus * (1 + g.prev_roots)),
    write_flooding_count: uint(g.flood_threshold),
    /** A huge page would be here, had it not to be executable. */
    nx_huge_page_disallowed: boolIf(hasNx),
    unsync_child_bitmap: bitset(g.entries),
    spt: array(spteDomain(g), g.entries),
    /** get_gfn(): gfn of the guest translation behind each leaf. */
    shadowed_gfn: array(gfn, g.entries),
    /** get_access(): access of the guest translation behind each leaf. */
    shadowed_access: array(access, g.entries),
    /** Entries (page, index) that lead to this page. */
    parent_ptes: spteps,
  });
};

/** Locals of the function that holds mmu_lock. */
const lockLayout = (g: Geometry, hasNx: boolean, holder: Scalar<number | null>) => {
  const { sp } = domainsOf(g);
  return record({
    holder,
    /** it.level and it.sp of the walk over the shadow page table. */
    level: uint(g.levels),
    /** The level at which the fault will map. */
    goal_level: uint(g.levels),
    /** The level at which it would map without the NX huge page mitigation. */
    req_level: uint(hasNx ? g.levels : 0),
    sp,
    child: sp,
    /** Whether the child is not linked yet, and whether this fault created it. */
    fresh: bool,
    created: bool,
    /** make_spte() found the gfn shadowed and not to be made unsync. */
    wrprot: bool,
    /** The function's own `flush`. */
    flush: bool,
    /** Where the step after a flush, and after a sync, is. */
    after_flush: pc,
    after_sync: pc,
    /** mmu_sync_children(): the parent; the page being synced, its entry; the rest of a batch. */
    sync_parent: sp,
    sync_sp: sp,
    sync_index: uint(g.entries - 1),
    sync_batch: bitset(g.shadow_pages),
    /** Whether a batch is done, after which the function may break the lock. */
    batch_done: bool,
  });
};

/** What the hardware of a vCPU retains, and what the architecture lets it use. */
const hardwareFields = (g: Geometry, hasNx: boolean) => {
  const { va, pfn, access } = domainsOf(g);
  const kinds = judgedKinds(g).length;
  return {
    /** `huge`: loaded from a leaf above 4K. */
    ghost_tlb: array(record({ valid: bool, va, pfn, access, huge: boolIf(hasNx) }), g.tlb_entries),
    ghost_psc: array(
      record({ valid: bool, va, level: uint(g.levels), sp: uint(g.shadow_pages - 1) }),
      g.psc_entries,
    ),
    /** Frames of tables that the architecture lets this vCPU use, `[prefix * kinds + kind]`. */
    ghost_allowed_table: array(bitset(g.tables), prefixCount(g) * kinds),
    /** Frames that the architecture lets an access reach, `[va * kinds + kind]`. */
    ghost_allowed_frame: array(bitset(g.gfns), addressCount(g) * kinds),
  };
};

const vcpuLayout = (
  g: Geometry,
  { nx_huge_pages, prefetch, lockless_walks }: Config,
  { budget, stores, instructions }: Workload,
) => {
  const { sp, gpte, gfn, pfn, va, cr3 } = domainsOf(g);
  const hasNx = hasNxHugePages({ nx_huge_pages });
  return record({
    pc,
    cr0_wp: bool,
    /** !EFER.NX */
    efer_nx_clear: boolIf(g.efer_nx === 'toggled'),
    /** Index into `geometry.cr3`. */
    cr3,
    root: sp,
    request_sync: bool,
    request_flush_current: bool,
    request_free_obsolete_roots: bool,
    prev_root: array(record({ sp, cr3 }), g.prev_roots),
    /** The instruction that exited: address, kind of access, store, error code P bit. */
    insn: record({
      va,
      kind: uint(5),
      /** 0: no store to a page table; otherwise 1 + index into `workload.stores`. */
      store: uint(stores.length),
      /** 0: a single access; otherwise 1 + index into `workload.instructions`. */
      instruction: uint(instructions.length),
      present: bool,
    }),
    /** INVLPG: which cached root comes next; 0 is the current one. */
    root_index: uint(g.prev_roots),
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
      mmu_seq: uint(budget.notifier),
      pfn,
      nx_huge_page_workaround_enabled: boolIf(hasNx),
      /** fault->slot: the slot that stays, the one that changes, or none. */
      slot: oneOf('other', 'changing', 'none'),
    }),
    /** The MMIO access cached last, by address + 1; 0 when there is none. */
    mmio: mmioLayout(g),
    /** Objects at hand for pages, and for lists of descriptors. */
    mmu_page_header_cache: uint(g.caches ? pagesPerFault(g) : 0),
    mmu_pte_list_desc_cache: uint(g.caches ? descriptorsPerFault(g) : 0),
    /** Whether an update of the slots waits for this vCPU to leave KVM. */
    srcu_awaited: boolIf(g.memslot !== null),
    /** An emulated write whose store is done and whose shadow is not zapped yet. */
    emulated: record({ pending: bool, gfn, index: uint(g.entries - 1), old: gpte }),
    /**
     * READING_SHADOW_PAGE_TABLES: the page that a walk without mmu_lock has reached, while it is
     * under way.
     */
    reading: lockless_walks ? sp : optionalRef(pool('none', 0)),
    /** Whether the entry under way completes a full invalidation (MOV CR3). */
    ghost_invalidating: bool,
    /** Whether some instant since the exit justifies a #PF for the instruction. */
    ghost_fault_justified: bool,
    /** Faults in a row on the instruction with nobody interfering. */
    ghost_faults: uint(g.faults_max + 1),
    ...hardwareFields(g, hasNx),
  });
};

/** struct kvm: what the MMU notifier and the faults that race with it share. */
const notifierLayout = (g: Geometry, calls: number) =>
  record({
    /** Where the thread that changes the host's page tables is. */
    pc: oneOf('idle', 'flush', 'started', 'moved'),
    mmu_invalidate_in_progress: bool,
    mmu_invalidate_seq: uint(calls),
    /** The guest frame whose mapping is being invalidated. */
    gfn: domainsOf(g).gfn,
  });

const budgetLayout = (budget: Workload['budget']) =>
  record({
    fault: uint(budget.fault),
    store: uint(budget.store),
    host_store: uint(budget.host_store),
    invlpg: uint(budget.invlpg),
    cr3: uint(budget.cr3),
    wp: uint(budget.wp),
    efer_nx: uint(budget.efer_nx),
    lock_break: uint(budget.lock_break),
    unprotect: uint(budget.unprotect),
    notifier: uint(budget.notifier),
    memslot: uint(budget.memslot),
    alloc_failure: uint(budget.alloc_failure),
    host_resize: uint(budget.host_resize),
    nx_toggle: uint(budget.nx_toggle),
    nx_recover: uint(budget.nx_recover),
  });

/** The shape of the state under a configuration. Order: small and often read fields first. */
export const layoutOf = (config: Config) => {
  const { geometry: g, workload } = config;
  const hasNx = hasNxHugePages(config);
  const vcpus = pool('vcpu', g.vcpus);
  const { gpte, spteps } = domainsOf(g);
  return record({
    mmu_lock: lockLayout(g, hasNx, optionalRef(vcpus)),
    arch: record({
      indirect_shadow_pages: uint(g.shadow_pages * 2),
      n_used_mmu_pages: uint(g.quota === null ? 0 : g.shadow_pages * 2),
    }),
    /** Flushes owed by the holder of mmu_lock before it unlocks, by host frame, see tlb/flush. */
    ghost_owed: record({
      unmap: bitset(g.pfns),
      protect: bitset(g.pfns),
      /** A table entry was removed or redirected. */
      link: bool,
    }),
    ghost: record({
      warning,
      /** Guest entries that the host changed behind KVM's back, `gfn * entries + index`. */
      host_stored: bitset(g.tables * g.entries),
    }),
    nx: nxLayout(g, hasNx, workload),
    mmu_notifier: notifierLayout(g, workload.budget.notifier),
    /** The frame behind each guest frame now; empty where the host moves none. */
    host_pfn: array(uint(g.pfns - 1), workload.budget.notifier > 0 ? g.gfns : 0),
    memslots: memslotsLayout(g),
    /** The size of the host's leaf for each guest frame now; empty where none changes. */
    host_level: array(uint(g.levels), workload.budget.host_resize > 0 ? g.gfns : 0),
    budget: budgetLayout(workload.budget),
    gfn_write_track: array(uint(g.shadow_pages), g.gfns),
    /** Leaf entries (page, index) by level and gfn, see rmapOf(). */
    rmap: array(spteps, g.gfns + hugeRuns(g)),
    /** lpage_info: reasons why a huge page must not map the aligned run of frames. */
    disallow_lpage: array(uint(2 * g.shadow_pages), hugeRuns(g)),
    memory: array(array(gpte, g.entries), g.tables),
    sp: array(pageLayout(g, hasNx), g.shadow_pages),
    vcpu: array(vcpuLayout(g, config, workload), vcpus),
  });
};
