/**
 * Huge pages: at which level a fault may map.
 *
 * Kernel: kvm_mmu_hugepage_adjust(), kvm_mmu_max_mapping_level(), disallowed_hugepage_adjust(),
 * update_gfn_disallow_lpage_count(). Lock: mmu_lock.
 */
import type { Kvm, VcpuView } from '../state.ts';
import { hugeRun, hugeRuns, PG_LEVEL_2M, PG_LEVEL_4K, tableIndex } from '../geometry.ts';
import { isExec } from '../access.ts';
import { isTableSpte, spte_to_child_sp } from '../spte.ts';
import { spaceOf } from './mmu-page.ts';
import { kindOf, leafLevel, walkedGfn } from './walker.ts';

/** lpage_info: whether nothing in the run of `gfn` forbids a leaf at `level`. */
const isLpageAllowed = (kvm: Kvm, gfn: number, level: number, as_id: number): boolean => {
  const run = hugeRun(kvm.geometry, gfn, level);
  if (run < 0 || kvm.rules.lpage_check === 'skipped') return run >= 0;
  return kvm.disallow_lpage.get(as_id * hugeRuns(kvm.geometry) + run) === 0;
};

/** host_pfn_mapping_level(): the size of the leaf with which the host maps the frame now. */
export const host_pfn_mapping_level = (kvm: Kvm, gfn: number): number =>
  gfn < kvm.host_level.length
    ? kvm.host_level.get(gfn)
    : (kvm.geometry.host_level[gfn] ?? PG_LEVEL_4K);

/** kvm_mmu_max_mapping_level(): bounded by the guest, by what is shadowed, and by the host. */
export const kvm_mmu_max_mapping_level = (
  kvm: Kvm,
  gfn: number,
  max_level: number,
  as_id = 0,
): number => {
  let level = max_level;
  while (level > PG_LEVEL_4K && !isLpageAllowed(kvm, gfn, level, as_id)) level -= 1;
  const host = host_pfn_mapping_level(kvm, gfn);
  if (level > PG_LEVEL_4K && kvm.rules.max_level === 'host-above-4k') return host;
  return Math.min(level, host);
};

/** fault->huge_page_disallowed: an instruction fetch must not be given a huge page. */
export const isHugePageDisallowed = (kvm: Kvm, vcpu: VcpuView): boolean =>
  vcpu.fault.nx_huge_page_workaround_enabled &&
  isExec(kindOf(vcpu)) &&
  kvm.rules.nx_exec_fault === 'split';

/** kvm_mmu_hugepage_adjust(): the level of the leaf to make; 4K where dirty pages are logged. */
export const kvm_mmu_hugepage_adjust = (kvm: Kvm, vcpu: VcpuView): void => {
  const { mmu_lock } = kvm;
  const isSmall = vcpu.fault.log_dirty && kvm.rules.log_dirty_level === '4k-only';
  const max_level = isSmall ? PG_LEVEL_4K : leafLevel(vcpu);
  const level = kvm_mmu_max_mapping_level(kvm, walkedGfn(kvm, vcpu), max_level, spaceOf(vcpu));
  const disallowed = isHugePageDisallowed(kvm, vcpu);
  // For the accounting of pages that the mitigation alone is the reason for.
  if (disallowed) mmu_lock.req_level = level;
  mmu_lock.goal_level = disallowed ? PG_LEVEL_4K : level;
};

/** disallowed_hugepage_adjust(): a table that may hold executable leaves is not replaced. */
export const disallowed_hugepage_adjust = (kvm: Kvm, vcpu: VcpuView): void => {
  const { mmu_lock } = kvm;
  if (mmu_lock.level < PG_LEVEL_2M || mmu_lock.level !== mmu_lock.goal_level) return;
  if (!vcpu.fault.nx_huge_page_workaround_enabled || kvm.rules.nx_table !== 'kept') return;
  const index = tableIndex(kvm.geometry, vcpu.insn.va, mmu_lock.level);
  const spte = kvm.sp.at(mmu_lock.sp ?? 0).spt.get(index);
  if (!isTableSpte(spte)) return;
  if (kvm.sp.at(spte_to_child_sp(spte)).nx_huge_page_disallowed) mmu_lock.goal_level -= 1;
};

/** update_gfn_disallow_lpage_count(): one reason more or less not to map the runs of `gfn` huge. */
export const countDisallowLpage = (kvm: Kvm, gfn: number, by: number, as_id = 0): void => {
  for (let level = PG_LEVEL_2M; level <= kvm.geometry.levels; level += 1) {
    const run = hugeRun(kvm.geometry, gfn, level);
    const index = as_id * hugeRuns(kvm.geometry) + run;
    if (run >= 0) kvm.disallow_lpage.set(index, kvm.disallow_lpage.get(index) + by);
  }
};
