/** A page that was allocated for a split is used or given back. */
import { stateProperty } from './property.ts';

export const splitLosesNoPage = stateProperty({
  id: 'split-loses-no-page',
  brief: 'L2',
  says: 'A page that was allocated for a split is linked, kept for the next one, or freed.',
  why: 'Nobody would ever free it: each call of userspace could cost the host a page.',
  source: ['topup_split_caches()', 'eager page splitting, series v2 and v3 (2022)'],
  when: 'every-step',
  reads: ['split'],
  needs: ({ eager_page_split }) => eager_page_split,
  applies: (kvm) => kvm.split.pc !== 'idle',
  check: (kvm) =>
    kvm.split.ghost_lost_page
      ? { message: 'a page that was allocated in advance is lost', where: {} }
      : null,
  witness: {
    says: 'a huge page is about to be split',
    reads: ['split'],
    reached: (kvm) => kvm.split.pc === 'try',
  },
});
