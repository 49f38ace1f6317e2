/**
 * Huge pages: at which level a fault may map.
 *
 * Kernel: kvm_mmu_hugepage_adjust(), kvm_mmu_max_mapping_level(). Lock: mmu_lock.
 */
import type { Kvm, VcpuView } from '../state.ts';
import { PG_LEVEL_2M, PG_LEVEL_4K } from '../geometry.ts';
import { leafLevel, walkedGfn } from './walker.ts';

/** lpage_info: whether nothing in the run of `gfn` forbids a leaf at 2M. */
const isLpageAllowed = (kvm: Kvm, gfn: number): boolean => {
  const run = Math.floor(gfn / kvm.geometry.entries);
  return run < kvm.disallow_lpage.length && kvm.disallow_lpage.get(run) === 0;
};

/** The level of the leaf to make: bounded by the guest, the host and what is shadowed. */
export const kvm_mmu_hugepage_adjust = (kvm: Kvm, vcpu: VcpuView): number => {
  if (leafLevel(vcpu) === PG_LEVEL_4K) return PG_LEVEL_4K;
  const gfn = walkedGfn(kvm, vcpu);
  const host = kvm.geometry.host_level[gfn] ?? PG_LEVEL_4K;
  if (host < PG_LEVEL_2M) return PG_LEVEL_4K;
  if (kvm.rules.lpage_check === 'checked' && !isLpageAllowed(kvm, gfn)) return PG_LEVEL_4K;
  return PG_LEVEL_2M;
};
