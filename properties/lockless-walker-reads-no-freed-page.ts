/** Whoever walks the shadow page table without mmu_lock is on a page that exists. */
import { hasDirectMmus } from '../model/geometry.ts';
import { isAllocated } from '../model/shadow/mmu-page.ts';
import type { Finding, Kvm } from './property.ts';
import { stateProperty } from './property.ts';

const firstReader = (
  kvm: Kvm,
  visit: (sp: number, v: number) => Finding | null,
): Finding | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { reading } = kvm.vcpu.at(v);
    const finding = reading === null ? null : visit(reading, v);
    if (finding !== null) return finding;
  }
  return null;
};

const found: Finding = { message: '', where: {} };

export const locklessWalkerReadsNoFreedPage = stateProperty({
  id: 'lockless-walker-reads-no-freed-page',
  brief: 'L3, M4',
  says: 'A vCPU that walks the shadow page table without mmu_lock has reached an allocated page.',
  why: 'It would follow entries in freed memory of the host.',
  source: ['walk_shadow_page_lockless_begin()', 'kvm_mmu_commit_zap_page()'],
  when: 'every-step',
  reads: ['sp', 'vcpu.reading'],
  needs: ({ geometry, lockless_walks }) => lockless_walks || hasDirectMmus(geometry),
  applies: (kvm) => firstReader(kvm, () => found) !== null,
  check: (kvm) =>
    firstReader(kvm, (sp, v) =>
      isAllocated(kvm.sp.at(sp))
        ? null
        : { message: 'a walk without mmu_lock is on a freed page', where: { vcpu: v, sp } },
    ),
  witness: {
    says: 'a walk has reached a page that is already zapped',
    reads: ['sp', 'vcpu.reading'],
    reached: (kvm) =>
      firstReader(kvm, (sp) => (kvm.sp.at(sp).role.invalid ? found : null)) !== null,
  },
});
