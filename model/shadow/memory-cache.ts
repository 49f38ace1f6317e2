/**
 * The objects that a vCPU keeps for what it does under mmu_lock, where nothing can be allocated.
 *
 * Kernel: mmu_topup_memory_caches(), kvm_mmu_memory_cache_alloc().
 *
 * Abstracts: caches hold just the worst case, so that each top-up fills them. An object of a
 * descriptor list is taken whenever the list is not empty, which is the worst case too. Table pages
 * and shadowed translations are taken together with their header.
 */
import { descriptorsPerFault, pagesPerFault } from '../geometry.ts';
import type { Kvm, VcpuView } from '../state.ts';
import { warn } from './mmu-page.ts';

/** mmu_topup_memory_caches(): before mmu_lock is taken, since it may sleep and fail. */
export const mmu_topup_memory_caches = (kvm: Kvm, vcpu: VcpuView): void => {
  if (!kvm.geometry.caches) return;
  const all = kvm.rules.cache_minimum === 'worst-case';
  vcpu.mmu_page_header_cache = pagesPerFault(kvm.geometry);
  vcpu.mmu_pte_list_desc_cache = all ? descriptorsPerFault(kvm.geometry) : 1;
};

/** kvm_mmu_memory_cache_alloc(): what the holder of mmu_lock takes must be there. */
export const takeObject = (
  kvm: Kvm,
  cache: 'mmu_page_header_cache' | 'mmu_pte_list_desc_cache',
): void => {
  const { holder } = kvm.mmu_lock;
  if (!kvm.geometry.caches || holder === null) return;
  const vcpu = kvm.vcpu.at(holder);
  if (vcpu[cache] === 0) warn(kvm, 'memory-cache-empty');
  else vcpu[cache] -= 1;
};
