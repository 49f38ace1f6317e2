/** KVM_CLEAR_DIRTY_LOG leaves none of the pages that userspace named in the log. */
import { firstLoggedPage } from './helpers/dirty-log.ts';
import { hex, stepProperty } from './property.ts';

export const clearTakesWhatItWasAskedFor = stepProperty({
  id: 'clear-takes-what-it-was-asked-for',
  brief: 'LOG-CONTRACT',
  says:
    'Of the pages that KVM_CLEAR_DIRTY_LOG is asked for, none is in the log when it has come ' +
    'past their word.',
  why: 'Userspace copies a page that stays in the log again and again, and never comes to an end.',
  source: ['kvm_clear_dirty_log_protect()', 'Documentation/virt/kvm/api.rst'],
  on: ['kvm_clear_dirty_log_protect'],
  needs: ({ geometry, workload }) =>
    workload.budget.harvest > 0 &&
    geometry.dirty_log !== null &&
    geometry.dirty_log.protect !== 'get',
  applies: () => true,
  check: (_before, after, [number = 0]) => {
    const asked = after.geometry.dirty_log?.clears[number]?.pages ?? [];
    const left = firstLoggedPage(
      after,
      (_gfn, page) =>
        asked.includes(page) &&
        after.dirty_log.dirty_bitmap.has(page) &&
        // Words whose turn comes later.
        (after.dirty_log.asked.bits & (1 << page)) === 0,
    );
    return left < 0 ? null : { message: 'a page stays in the log', where: { page: hex(left) } };
  },
  witness: {
    says: 'pages are taken from the log and others stay in it',
    reads: ['dirty_log'],
    reached: ({ dirty_log }) =>
      dirty_log.call === 'clear' && dirty_log.pc === 'flush' && dirty_log.dirty_bitmap.bits !== 0,
  },
});
