/** What was written since userspace last took the page from the log is in the log. */
import {
  firstLoggedPage,
  gfnOfPage,
  isAboutToBeMarked,
  isBeingLetThrough,
  writableLeafOver,
} from './helpers/dirty-log.ts';
import { hex, stateProperty } from './property.ts';

export const storeReachesTheDirtyLog = stateProperty({
  id: 'store-reaches-the-dirty-log',
  brief: 'D1',
  says:
    'A page that was written since the call which took it from the log returned is in the log ' +
    'again, or the emulator or a fast page fault is about to put it there.',
  why:
    'Userspace copies the pages that the log names. A store that it does not name is missing ' +
    'where the guest goes on after a migration.',
  source: [
    'mark_page_dirty_in_slot()',
    'kvm_get_dirty_log_protect()',
    'Documentation/virt/kvm/api.rst',
  ],
  when: 'every-step',
  reads: ['dirty_log', 'sp', 'vcpu.pc', 'vcpu.emulated', 'vcpu.insn'],
  needs: ({ geometry }) => geometry.dirty_log !== null,
  applies: ({ dirty_log }) =>
    dirty_log.enabled && (dirty_log.dirty_bitmap.bits | dirty_log.ghost_unlogged.bits) !== 0,
  check: (kvm) => {
    const page = firstLoggedPage(
      kvm,
      (gfn, p) =>
        kvm.dirty_log.ghost_unlogged.has(p) &&
        !isAboutToBeMarked(kvm, gfn) &&
        !isBeingLetThrough(kvm, gfn),
    );
    if (page < 0) return null;
    const leaf = writableLeafOver(kvm, (p) => p === page);
    const where = leaf?.where ?? { gfn: hex(gfnOfPage(kvm, page)), page: hex(page) };
    return { message: 'a page was written and is not in the log', where };
  },
  witness: {
    says: 'a page is written again after userspace took it from the log',
    reads: ['dirty_log', 'budget'],
    reached: (kvm) =>
      kvm.dirty_log.pc === 'idle' &&
      kvm.dirty_log.dirty_bitmap.bits !== 0 &&
      kvm.budget.harvest < kvm.workload.budget.harvest,
  },
});
