/** Whoever splits huge pages is done some time. */
import { hex, progressProperty } from './property.ts';

export const splitEnds = progressProperty({
  id: 'split-ends',
  brief: 'G1',
  says: 'Splitting the huge pages of a slot ends, provided that the ioctl goes on.',
  why: 'Userspace waits for it: a live migration would not begin.',
  source: ['shadow_mmu_try_split_huge_pages()', 'need_topup_split_caches_or_resched()'],
  needs: (config) => config.endless && config.eager_page_split,
  objects: () => 1,
  pending: (kvm) => kvm.split.pc !== 'idle',
  finding: (kvm) => ({
    message: 'a huge page is never split',
    where: { level: kvm.split.level, gfn: hex(kvm.split.gfn) },
  }),
  witness: {
    says: 'mmu_lock was dropped before a page',
    reached: (kvm) => kvm.split.pc === 'topup',
  },
});
