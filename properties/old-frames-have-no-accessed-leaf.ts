/** What the host is told to be old, the guest has not used. */
import { is_accessed_spte } from '../model/shadow/accessed.ts';
import { isYoung, rmapsToAge } from '../model/shadow/rmap-lock.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { pagesPerLeaf } from '../model/geometry.ts';
import { is_last_spte } from '../model/spte.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';
import { firstEntry } from './helpers/pages.ts';

/** The first leaf that maps a frame of the range and was accessed. */
const accessedLeaf = (kvm: Kvm, start: number, end: number): Finding | null =>
  firstEntry(kvm, (page, sp, index, spte) => {
    if (!is_last_spte(spte) || !is_accessed_spte(kvm, sp, index)) return null;
    const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
    const last = gfn + pagesPerLeaf(kvm.geometry, page.role.level);
    if (gfn >= end || last <= start) return null;
    return { message: 'a leaf was accessed in a range said to be old', where: { sp, index } };
  });

export const oldFramesHaveNoAccessedLeaf = stepProperty({
  id: 'old-frames-have-no-accessed-leaf',
  brief: 'AGE',
  says:
    'When the host asks for the age of frames and none is said to be young, no present leaf that ' +
    'maps one of them has its accessed flag set.',
  why: 'The host would take away what the guest uses, and leave what it does not.',
  source: ['kvm_test_age_gfn()', 'kvm_rmap_age_gfn_range()'],
  on: ['kvm_test_age_gfn'],
  needs: ({ workload }) => workload.budget.test_age > 0,
  applies: (before, _after, [gfn = 0]) => !isYoung(before, rmapsToAge(before, gfn)),
  check: (before, _after, [gfn = 0]) => {
    if (isYoung(before, rmapsToAge(before, gfn))) return null;
    const { gfn: start, npages } = before.geometry.aging_range ?? { gfn, npages: 1 };
    const found = accessedLeaf(before, start, start + npages);
    return found === null
      ? null
      : { ...found, where: { ...found.where, from: hex(start), to: hex(start + npages) } };
  },
  witness: {
    says: 'a leaf is there whose accessed flag is clear',
    reads: ['sp'],
    reached: (kvm) =>
      firstEntry(kvm, (_page, sp, index, spte) =>
        is_last_spte(spte) && !is_accessed_spte(kvm, sp, index) ? { message: '', where: {} } : null,
      ) !== null,
  },
});
