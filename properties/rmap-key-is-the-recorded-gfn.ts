/** A leaf is filed under the gfn that is recorded beside it. */
import { lowestBit, withoutLowest } from '../model/bits.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { rmapKeyIn } from '../model/shadow/rmap-key.ts';
import { sptep_to_sp, spte_index } from '../model/shadow/mmu-page.ts';
import { is_last_spte, spte_to_pfn } from '../model/spte.ts';
import { hex, stateProperty } from './property.ts';
import { hasEntry } from './helpers/pages.ts';

export const rmapKeyIsTheRecordedGfn = stateProperty({
  id: 'rmap-key-is-the-recorded-gfn',
  brief: 'R2',
  says: 'The gfn under which a leaf is filed is the one recorded beside it.',
  why:
    'The rmap entry is removed under the recorded gfn; filed under another one it stays behind ' +
    'and dangles when the page is freed.',
  source: ['rmap_remove()', 'kvm_mmu_page_get_gfn()', 'CVE-2026-46113'],
  when: 'every-step',
  reads: ['sp', 'rmap'],
  applies: (kvm) => hasEntry(kvm, 'leaf'),
  check: (kvm) => {
    for (let key = 0; key < kvm.rmap.length; key += 1) {
      for (let rest = kvm.rmap.at(key).bits; rest !== 0; rest = withoutLowest(rest)) {
        const sptep = lowestBit(rest);
        const sp = sptep_to_sp(kvm, sptep);
        const index = spte_index(kvm, sptep);
        const page = kvm.sp.at(sp);
        const spte = page.spt.get(index);
        if (!is_last_spte(spte)) continue;
        const recorded = kvm_mmu_page_get_gfn(kvm, page, index);
        if (rmapKeyIn(kvm, page, recorded) === key) continue;
        return {
          message: 'a leaf is filed under another gfn than the one recorded',
          where: { sp, index, key, recorded: hex(recorded), pfn: hex(spte_to_pfn(spte)) },
        };
      }
    }
    return null;
  },
  witness: {
    says: 'leaves for two gfns are filed',
    reads: ['rmap'],
    reached: (kvm) => {
      let keys = 0;
      for (let gfn = 0; gfn < kvm.rmap.length; gfn += 1) {
        if (kvm.rmap.at(gfn).bits !== 0) keys += 1;
      }
      return keys > 1;
    },
  },
});
