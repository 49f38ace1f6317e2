/** The access cached beside a leaf covers what the leaf grants, and the role covers both. */
import { is_last_spte, spteAccess } from '../model/spte.ts';
import { kvm_mmu_page_get_access } from '../model/shadow/rmap.ts';
import { accessText } from '../model/access.ts';
import { stateProperty } from './property.ts';
import { hasEntry, firstEntry } from './helpers/pages.ts';

export const leafRightsAreWithinTheCachedAccess = stateProperty({
  id: 'leaf-rights-are-within-the-cached-access',
  brief: 'Y3',
  says:
    'The rights of a leaf are among the cached access, and the cached access is within ' +
    'role.access unless CR0.WP is clear in the role.',
  why: 'Syncing compares with the cached access, and splitting builds the role of a child from it.',
  source: ['kvm_mmu_page_set_access()', 'mmu_set_spte()', 'FNAME(sync_spte)'],
  when: 'unlocked',
  reads: ['sp'],
  applies: (kvm) => hasEntry(kvm, 'leaf'),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!is_last_spte(spte)) return null;
      const cached = kvm_mmu_page_get_access(page, index);
      const wide = page.role.cr0_wp && (cached & ~page.role.access) !== 0;
      if ((spteAccess(spte) & ~cached) === 0 && !wide) return null;
      return {
        message: 'a leaf, the access cached for it and its role disagree',
        where: {
          sp,
          index,
          leaf: accessText(spteAccess(spte)),
          cached: accessText(cached),
          role: accessText(page.role.access),
        },
      };
    }),
  witness: {
    says: 'a leaf grants less than the access cached for it',
    reads: ['sp'],
    reached: (kvm) =>
      firstEntry(kvm, (page, _sp, index, spte) =>
        is_last_spte(spte) && spteAccess(spte) !== kvm_mmu_page_get_access(page, index)
          ? { message: '', where: {} }
          : null,
      ) !== null,
  },
});
