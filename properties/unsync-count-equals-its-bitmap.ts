/** unsync_children counts the marks of unsync_child_bitmap. */
import { stateProperty } from './property.ts';
import { firstPage, somePage } from './helpers/pages.ts';

export const unsyncCountEqualsItsBitmap = stateProperty({
  id: 'unsync-count-equals-its-bitmap',
  brief: 'P3',
  says: 'unsync_children is the number of bits set in unsync_child_bitmap.',
  why: 'The lockless test of a flush reads the count alone: too low, it skips the sync.',
  source: ['mark_unsync()', 'clear_unsync_child_bit()', 'is_unsync_root()'],
  when: 'every-step',
  reads: ['sp'],
  applies: (kvm) => somePage(kvm, (page) => page.unsync_child_bitmap.bits !== 0),
  check: (kvm) =>
    firstPage(kvm, (page, sp) => {
      const marks = page.unsync_child_bitmap.count();
      if (page.unsync_children === marks) return null;
      const where = { sp, unsync_children: page.unsync_children, marks };
      return { message: 'unsync_children differs from the marks', where };
    }),
  witness: {
    says: 'a page has two marks',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.unsync_child_bitmap.count() > 1),
  },
});
