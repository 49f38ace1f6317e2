/** A leaf maps no more frames than the host maps with one leaf of its own. */
import { PG_LEVEL_4K } from '../model/geometry.ts';
import { host_pfn_mapping_level } from '../model/shadow/huge.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { is_last_spte } from '../model/spte.ts';
import { hex, stateProperty } from './property.ts';
import { firstEntry } from './helpers/pages.ts';

export const leafIsNoLargerThanTheHostLeaf = stateProperty({
  id: 'leaf-is-no-larger-than-the-host-leaf',
  brief: 'HUGE-OK, H1',
  says: 'The level of a leaf is at most that at which the host maps its frames now.',
  why:
    'The host may move a small page of its own alone, and tells KVM about that page only. A ' +
    'larger leaf covers frames that are no longer the same run.',
  source: ['kvm_mmu_hugepage_adjust()', 'host_pfn_mapping_level()', 'mmu_invalidate_retry_gfn()'],
  when: 'unlocked',
  reads: ['sp', 'host_level'],
  needs: ({ geometry }) => geometry.host_level.some((level) => level > 1),
  applies: (kvm) =>
    firstEntry(kvm, (page, _sp, _index, spte) =>
      is_last_spte(spte) && page.role.level > PG_LEVEL_4K ? { message: '', where: {} } : null,
    ) !== null,
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!is_last_spte(spte) || page.role.level === PG_LEVEL_4K) return null;
      const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
      const host = host_pfn_mapping_level(kvm, gfn);
      if (page.role.level <= host) return null;
      return {
        message: 'a leaf is larger than that of the host',
        where: { sp, index, gfn: hex(gfn), level: page.role.level, host },
      };
    }),
  witness: {
    says: 'the host maps a run small that it has mapped huge, or the other way',
    reads: ['host_level'],
    reached: (kvm) => {
      for (let gfn = 0; gfn < kvm.host_level.length; gfn += 1) {
        if (kvm.host_level.get(gfn) !== kvm.geometry.host_level[gfn]) return true;
      }
      return false;
    },
  },
});
