/** What the MMU notifier counts are the calls that are between start and end. */
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';

/** Calls that have started and not ended, and of those the ones that found a slot. */
const countCalls = ({ mmu_notifier: { calls } }: Kvm): { open: number; counted: number } => {
  let open = 0;
  let counted = 0;
  for (let call = 0; call < calls.length; call += 1) {
    if (calls.at(call).pc !== 'idle') open += 1;
    if (calls.at(call).ghost_counted) counted += 1;
  }
  return { open, counted };
};

export const invalidationCountEqualsOpenCalls = stateProperty({
  id: 'invalidation-count-equals-open-calls',
  brief: 'NOTIF-BALANCE',
  says:
    'mmu_invalidate_in_progress counts the invalidations between start and end whose start found ' +
    'a slot, mn_active_invalidate_count all of them.',
  why:
    'A count too high keeps every fault from mapping, for ever; one too low lets a fault map a ' +
    'frame that the host is about to take.',
  source: [
    'kvm_mmu_invalidate_begin()',
    'kvm_mmu_invalidate_end()',
    'kvm_mmu_notifier_invalidate_range_start()',
  ],
  when: 'every-step',
  reads: ['mmu_notifier'],
  needs: ({ workload }) => workload.budget.notifier > 0,
  applies: () => true,
  check: (kvm) => {
    const { mmu_invalidate_in_progress, mn_active_invalidate_count } = kvm.mmu_notifier;
    const { open, counted } = countCalls(kvm);
    if (mmu_invalidate_in_progress === counted && mn_active_invalidate_count === open) return null;
    return {
      message: 'the notifier counts other invalidations than are in progress',
      where: { mmu_invalidate_in_progress, counted, mn_active_invalidate_count, open },
    };
  },
  witness: {
    says: 'an invalidation is in progress',
    reads: ['mmu_notifier'],
    reached: (kvm) => kvm.mmu_notifier.mmu_invalidate_in_progress > 0,
  },
});
