/** What a fault may need under mmu_lock is there when it takes the lock. */
import { descriptorsPerFault, pagesPerFault } from '../model/geometry.ts';
import { stepProperty } from './property.ts';

export const cachesCoverTheWorstCase = stepProperty({
  id: 'caches-cover-the-worst-case',
  brief: 'A2, CACHE',
  says:
    'When a fault takes mmu_lock, its caches hold a page for each level, and an object for each ' +
    'list that it may extend.',
  why: 'Nothing can be allocated under mmu_lock: an empty cache there ends in a crash.',
  source: ['mmu_topup_memory_caches()', 'kvm_mmu_memory_cache_alloc()'],
  on: ['FNAME(page_fault)', 'direct_page_fault.lock'],
  needs: ({ geometry }) => geometry.caches,
  applies: (_before, after, [v = 0]) => after.mmu_lock.holder === v,
  check: (_before, after, [v = 0]) => {
    const { mmu_page_header_cache: pages, mmu_pte_list_desc_cache: descriptors } = after.vcpu.at(v);
    const g = after.geometry;
    if (pages >= pagesPerFault(g) && descriptors >= descriptorsPerFault(g)) return null;
    return { message: 'a fault starts with too little', where: { vcpu: v, pages, descriptors } };
  },
  witness: {
    says: 'a vCPU has taken an object',
    reads: ['vcpu.mmu_page_header_cache'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        const left = kvm.vcpu.at(v).mmu_page_header_cache;
        if (left > 0 && left < pagesPerFault(kvm.geometry)) return true;
      }
      return false;
    },
  },
});
