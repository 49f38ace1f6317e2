/** To see what the guest uses, the host takes nothing away from it. */
import { stepProperty } from './property.ts';

export const agingChangesTheAccessedFlagAlone = stepProperty({
  id: 'aging-changes-the-accessed-flag-alone',
  brief: 'TRANS',
  says: 'Ageing a leaf leaves the entry as it was but for its accessed flag.',
  why:
    'Others change entries at the same time: a right that was taken away would come back, or ' +
    'what was written would not be known as such.',
  source: ['kvm_rmap_age_gfn_range()', 'kvm_age_gfn()'],
  on: ['kvm_rmap_age_gfn_range', 'kvm_rmap_age_gfn_range.clear'],
  needs: ({ workload }) => workload.budget.aging > 0,
  applies: () => true,
  check: (before, after) => {
    for (let sp = 0; sp < after.sp.length; sp += 1) {
      const [was, is] = [before.sp.at(sp), after.sp.at(sp)];
      for (let index = 0; index < is.spt.length; index += 1) {
        if (was.spt.get(index) !== is.spt.get(index)) {
          return { message: 'ageing changes an entry', where: { sp, index } };
        }
      }
    }
    return null;
  },
  witness: {
    says: 'a leaf is being aged',
    reads: ['aging'],
    reached: (kvm) => kvm.aging.sptep !== 0,
  },
});
