/**
 * The objects that a vCPU keeps for what it does under mmu_lock, where nothing can be allocated.
 *
 * Kernel: mmu_topup_memory_caches(), kvm_mmu_memory_cache_alloc().
 *
 * Abstracts: caches hold just the worst case, so that each top-up fills them. An object of a
 * descriptor list is taken whenever the list is not empty, which is the worst case too. Table pages
 * and shadowed translations are taken together with their header.
 */
import { descriptorsPerFault, descriptorsPerSplit, pagesPerFault } from '../geometry.ts';
import type { Kvm, VcpuView } from '../state.ts';
import { warn } from './mmu-page.ts';
import { isSplitting } from './split-lock.ts';

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
  if (!kvm.geometry.caches) return;
  if (isSplitting(kvm)) {
    takeSplitObject(kvm, cache);
    return;
  }
  if (holder === null) return;
  const vcpu = kvm.vcpu.at(holder);
  if (vcpu[cache] === 0) warn(kvm, 'memory-cache-empty');
  else vcpu[cache] -= 1;
};

/** The same for the thread that splits. */
const takeSplitObject = (
  kvm: Kvm,
  cache: 'mmu_page_header_cache' | 'mmu_pte_list_desc_cache',
): void => {
  const isPage = cache === 'mmu_page_header_cache';
  if (isPage && kvm.rules.split_alloc !== 'from-caches') return;
  const name = isPage ? 'split_page_header_cache' : 'split_desc_cache';
  if (kvm.split[name] === 0) warn(kvm, 'memory-cache-empty');
  else kvm.split[name] -= 1;
};

const neededDescriptors = (kvm: Kvm): number =>
  kvm.rules.split_cache_minimum === 'whole-split' ? descriptorsPerSplit(kvm.geometry) : 1;

/** need_topup_split_caches_or_resched(), without the second question. */
export const need_topup_split_caches = (kvm: Kvm): boolean => {
  const { split_page_header_cache: pages, split_desc_cache: descriptors } = kvm.split;
  if (!kvm.geometry.caches) return false;
  const noPage = kvm.rules.split_alloc === 'from-caches' && pages === 0;
  return noPage || descriptors < neededDescriptors(kvm);
};

/** topup_split_caches(): without mmu_lock, since it may sleep and fail. */
export const topup_split_caches = (kvm: Kvm): void => {
  if (!kvm.geometry.caches) return;
  if (kvm.rules.split_alloc === 'from-caches') kvm.split.split_page_header_cache = 1;
  kvm.split.split_desc_cache = neededDescriptors(kvm);
};
