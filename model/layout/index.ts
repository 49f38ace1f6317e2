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
  optionalRef,
  pool,
  record,
  uint,
} from '../../src/engine/machine/index.ts';
import { hasInvalidations, notifierBudget, type Config, type Workload } from '../config.ts';
import { addressSpaces, hugeRuns } from '../geometry.ts';
import { warningOf } from '../labels.ts';
import { dirtyLogLayout } from './dirty-log.ts';
import { domainsOf } from './domains.ts';
import { agingLayout, hostLayout, notifierLayout, zapperLayout } from './host.ts';
import { lockLayout } from './lock.ts';
import { memslotsLayout } from './memslots.ts';
import { hasNxHugePages, nxLayout } from './nx.ts';
import { pageLayout } from './page.ts';
import { hasSplits, splitLayout } from './split.ts';
import { vcpuLayout } from './vcpu.ts';

const budgetLayout = (budget: Workload['budget']) =>
  record({
    fault: uint(budget.fault),
    store: uint(budget.store),
    host_store: uint(budget.host_store),
    invlpg: uint(budget.invlpg),
    cr3: uint(budget.cr3),
    wp: uint(budget.wp),
    efer_nx: uint(budget.efer_nx),
    cr4: uint(budget.cr4),
    pg: uint(budget.pg),
    smi: uint(budget.smi),
    invpcid: uint(budget.invpcid),
    invpcid_addr: uint(budget.invpcid_addr),
    invpcid_all: uint(budget.invpcid_all),
    lock_break: uint(budget.lock_break),
    unprotect: uint(budget.unprotect),
    notifier: uint(budget.notifier),
    memslot: uint(budget.memslot),
    alloc_failure: uint(budget.alloc_failure),
    host_resize: uint(budget.host_resize),
    host_share: uint(budget.host_share),
    aging: uint(budget.aging),
    test_age: uint(budget.test_age),
    zap_range: uint(budget.zap_range),
    zap_all: uint(budget.zap_all),
    set_quota: uint(budget.set_quota),
    nx_toggle: uint(budget.nx_toggle),
    nx_recover: uint(budget.nx_recover),
    log_dirty: uint(budget.log_dirty),
    harvest: uint(budget.harvest),
    shrink: uint(budget.shrink),
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
      /** Only where userspace changes it. */
      n_max_mmu_pages: uint(workload.budget.set_quota > 0 ? g.shadow_pages * 2 : 0),
    }),
    /** Flushes owed by the holder of mmu_lock before it unlocks, by host frame, see tlb/flush. */
    ghost_owed: record({
      unmap: bitset(g.pfns),
      protect: bitset(g.pfns),
      /** A table entry was removed or redirected. */
      link: bool,
    }),
    ghost: record({
      warning: warningOf(hasSplits(config)),
      /** Guest entries that the host changed behind KVM's back, `gfn * entries + index`. */
      host_stored: bitset(g.tables * g.entries),
    }),
    nx: nxLayout(g, hasNx, workload),
    mmu_notifier: notifierLayout(g, notifierBudget(g, workload)),
    /** The frame behind each guest frame now; empty where the host moves none. */
    host_pfn: array(uint(g.pfns - 1), hasInvalidations(config) ? g.gfns : 0),
    host: hostLayout(g, workload),
    aging: agingLayout(g, workload),
    zapper: zapperLayout(g, workload),
    memslots: memslotsLayout(g),
    dirty_log: dirtyLogLayout(config),
    split: splitLayout(g, config),
    /** The size of the host's leaf for each guest frame now; empty where none changes. */
    host_level: array(uint(g.levels), workload.budget.host_resize > 0 ? g.gfns : 0),
    budget: budgetLayout(workload.budget),
    /** By address space, then by frame, as the two below. */
    gfn_write_track: array(uint(g.shadow_pages), addressSpaces(g) * g.gfns),
    /** Leaf entries (page, index) by level and gfn, see rmapOf(). */
    rmap: array(spteps, addressSpaces(g) * (g.gfns + hugeRuns(g))),
    /** lpage_info: reasons why a huge page must not map the aligned run of frames. */
    disallow_lpage: array(uint(2 * g.shadow_pages), addressSpaces(g) * hugeRuns(g)),
    memory: array(array(gpte, g.entries), g.tables),
    sp: array(pageLayout(g, hasNx, workload.budget.aging > 0), g.shadow_pages),
    vcpu: array(vcpuLayout(g, config, workload), vcpus),
  });
};
