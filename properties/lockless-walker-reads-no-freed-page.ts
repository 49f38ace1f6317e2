/** Whoever reads the shadow page table without mmu_lock is on a page that exists. */
import { hasDirectMmus } from '../model/geometry.ts';
import { isAllocated, sptep_to_sp } from '../model/shadow/mmu-page.ts';
import type { Finding, Kvm } from './property.ts';
import { stateProperty } from './property.ts';

const firstReader = (
  kvm: Kvm,
  visit: (sp: number, who: Finding['where']) => Finding | null,
): Finding | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { reading } = kvm.vcpu.at(v);
    const finding = reading === null ? null : visit(reading, { vcpu: v });
    if (finding !== null) return finding;
  }
  const { key, sptep } = kvm.aging;
  return sptep === 0 ? null : visit(sptep_to_sp(kvm, sptep - 1), { rmap: key });
};

const found: Finding = { message: '', where: {} };

export const locklessWalkerReadsNoFreedPage = stateProperty({
  id: 'lockless-walker-reads-no-freed-page',
  brief: 'L3, M4',
  says:
    'A vCPU that walks the shadow page table without mmu_lock, or who ages a leaf in it, has ' +
    'reached an allocated page.',
  why: 'It would follow entries in freed memory of the host.',
  source: [
    'walk_shadow_page_lockless_begin()',
    'kvm_rmap_lock_readonly()',
    'kvm_mmu_commit_zap_page()',
  ],
  when: 'every-step',
  reads: ['sp', 'aging', 'vcpu.reading'],
  needs: ({ geometry, lockless_walks, workload }) =>
    lockless_walks || hasDirectMmus(geometry) || workload.budget.aging > 0,
  applies: (kvm) => firstReader(kvm, () => found) !== null,
  check: (kvm) =>
    firstReader(kvm, (sp, who) =>
      isAllocated(kvm.sp.at(sp))
        ? null
        : { message: 'a walk without mmu_lock is on a freed page', where: { ...who, sp } },
    ),
  witness: {
    says: 'a walk has reached a page that is already zapped, or a leaf is being aged',
    reads: ['sp', 'aging', 'vcpu.reading'],
    reached: (kvm) =>
      kvm.aging.sptep !== 0 ||
      firstReader(kvm, (sp) => (kvm.sp.at(sp).role.invalid ? found : null)) !== null,
  },
});
