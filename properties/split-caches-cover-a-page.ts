/** What the split of one page may need under mmu_lock is there when it begins. */
import { descriptorsPerSplit } from '../model/geometry.ts';
import { stepProperty, type Kvm } from './property.ts';

/** A page was taken for the split, or its first objects were. */
const begins = (before: Kvm, after: Kvm): boolean =>
  after.split.split_page_header_cache < before.split.split_page_header_cache ||
  after.split.split_desc_cache < before.split.split_desc_cache;

export const splitCachesCoverAPage = stepProperty({
  id: 'split-caches-cover-a-page',
  brief: 'A2, CACHE',
  says:
    'When the split of a page begins, the caches hold a page, and an object for the list of each ' +
    'smaller page and for that of their table.',
  why: 'Nothing can be allocated under mmu_lock: an empty cache there ends in a crash.',
  source: ['need_topup_split_caches_or_resched()', 'topup_split_caches()'],
  on: ['shadow_mmu_try_split_huge_page'],
  needs: ({ eager_page_split, geometry, rules }) =>
    eager_page_split && geometry.caches && rules.split_alloc === 'from-caches',
  applies: begins,
  check: (before, after) => {
    const { split_page_header_cache: pages, split_desc_cache: descriptors } = before.split;
    const least = descriptorsPerSplit(before.geometry);
    if (!begins(before, after) || (pages >= 1 && descriptors >= least)) return null;
    return { message: 'a split starts with too little', where: { pages, descriptors, least } };
  },
  witness: {
    says: 'a split has taken an object, and not the last one',
    reads: ['split'],
    reached: ({ split, geometry }) =>
      split.split_desc_cache > 0 && split.split_desc_cache < descriptorsPerSplit(geometry),
  },
});
