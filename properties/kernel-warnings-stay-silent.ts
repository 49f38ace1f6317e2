/** None of the WARNs that KVM has at the modelled places fires. */
import { stateProperty } from './property.ts';
import { somePage } from './helpers/pages.ts';

export const kernelWarningsStaySilent = stateProperty({
  id: 'kernel-warnings-stay-silent',
  brief: 'assertions of the source',
  says: 'No WARN_ON_ONCE() or KVM_BUG_ON() of the modelled functions fires.',
  why: 'Each guards an assumption that the code after it relies on.',
  source: ['mmu_spte_set()', '__link_shadow_page()', 'pte_list_remove()', 'kvm_mmu_child_role()'],
  when: 'every-step',
  reads: ['sp', 'ghost'],
  applies: (kvm) => somePage(kvm, () => true) || kvm.ghost.warning !== 'none',
  check: (kvm) =>
    kvm.ghost.warning === 'none'
      ? null
      : { message: `a kernel warning fires: ${kvm.ghost.warning}`, where: {} },
  witness: {
    says: 'a shadow page exists',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, () => true),
  },
});
