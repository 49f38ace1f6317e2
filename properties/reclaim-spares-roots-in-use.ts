/** Making room leaves roots alone that somebody holds. */
import { isValid } from '../model/shadow/mmu-page.ts';
import { stepProperty } from './property.ts';
import { somePage } from './helpers/pages.ts';

export const reclaimSparesRootsInUse = stepProperty({
  id: 'reclaim-spares-roots-in-use',
  brief: 'G2',
  says: 'A fault, or the loading of a root, zaps no root that a vCPU holds to make room.',
  why:
    'Zapping it frees nothing, and makes its users build it anew: two vCPUs could keep each ' +
    'other from ever completing an access.',
  source: ['kvm_mmu_zap_oldest_mmu_pages()'],
  on: ['FNAME(page_fault)', 'direct_page_fault.lock', 'kvm_mmu_load', 'kvm_mmu_change_mmu_pages'],
  needs: ({ geometry }) => geometry.quota !== null,
  applies: (before, after) => after.arch.n_used_mmu_pages < before.arch.n_used_mmu_pages,
  check: (before, after) => {
    for (let sp = 0; sp < before.sp.length; sp += 1) {
      const page = before.sp.at(sp);
      if (page.root_count === 0 || !isValid(page) || isValid(after.sp.at(sp))) continue;
      return { message: 'a root in use is zapped to make room', where: { sp } };
    }
    return null;
  },
  witness: {
    says: 'a root in use is older than another page',
    reads: ['sp'],
    reached: (kvm) =>
      somePage(kvm, (page) => page.root_count > 0 && page.position === 0) &&
      somePage(kvm, (page) => page.position > 0),
  },
});
