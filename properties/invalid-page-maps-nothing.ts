/** A zapped page that is still pinned as a root stays empty. */
import { stateProperty } from './property.ts';
import { firstEntry, somePage } from './helpers/pages.ts';

export const invalidPageMapsNothing = stateProperty({
  id: 'invalid-page-maps-nothing',
  brief: 'ROOT-VALID',
  says: 'An invalid page has no present entry.',
  why: 'What is put below a zapped root is never found again by those who take it back.',
  source: ['is_page_fault_stale()', '__kvm_mmu_prepare_zap_page()', 'commit 989c6b34f6a9'],
  when: 'every-step',
  reads: ['sp'],
  applies: (kvm) => somePage(kvm, (page) => page.role.invalid),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index) =>
      page.role.invalid ? { message: 'an invalid page has an entry', where: { sp, index } } : null,
    ),
  witness: {
    says: 'a vCPU within a fault has an invalid root',
    reads: ['sp', 'vcpu.pc', 'vcpu.root'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        const { pc, root } = kvm.vcpu.at(v);
        if (pc === 'lock_page_fault' && root !== null && kvm.sp.at(root).role.invalid) return true;
      }
      return false;
    },
  },
});
