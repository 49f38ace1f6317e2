/** Every present leaf is in exactly one rmap, and an rmap lists present leaves only. */
import { lowestBit, withoutLowest } from '../model/bits.ts';
import { sptep_to_sp, spte_index, sptepOf } from '../model/shadow/mmu-page.ts';
import { is_last_spte } from '../model/spte.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { hasEntry, firstEntry } from './helpers/pages.ts';

const chainsWith = (kvm: Kvm, sptep: number): number => {
  let n = 0;
  for (let gfn = 0; gfn < kvm.rmap.length; gfn += 1) if (kvm.rmap.at(gfn).has(sptep)) n += 1;
  return n;
};

const hasMember = (kvm: Kvm): boolean => {
  for (let gfn = 0; gfn < kvm.rmap.length; gfn += 1) if (kvm.rmap.at(gfn).bits !== 0) return true;
  return false;
};

const staleMember = (kvm: Kvm): Finding | null => {
  for (let gfn = 0; gfn < kvm.rmap.length; gfn += 1) {
    for (let rest = kvm.rmap.at(gfn).bits; rest !== 0; rest = withoutLowest(rest)) {
      const sptep = lowestBit(rest);
      const sp = sptep_to_sp(kvm, sptep);
      const index = spte_index(kvm, sptep);
      if (is_last_spte(kvm.sp.at(sp).spt.get(index))) continue;
      const message = 'the rmap lists an entry that is no present leaf';
      return { message, where: { gfn: hex(gfn), sp, index } };
    }
  }
  return null;
};

export const leafIsFiledInOneRmap = stateProperty({
  id: 'leaf-is-filed-in-one-rmap',
  brief: 'R1',
  says: 'An entry is a present leaf exactly when it is in one rmap.',
  why:
    'A leaf that no rmap lists survives when its frame is taken back; an rmap entry without a ' +
    'leaf outlives its page.',
  source: ['rmap_add()', 'rmap_remove()', 'drop_spte()', 'pte_list_remove()'],
  when: 'every-step',
  reads: ['sp', 'rmap'],
  applies: (kvm) => hasEntry(kvm, 'leaf') || hasMember(kvm),
  check: (kvm) =>
    firstEntry(kvm, (_page, sp, index, spte) => {
      if (!is_last_spte(spte)) return null;
      const chains = chainsWith(kvm, sptepOf(kvm, sp, index));
      if (chains === 1) return null;
      return { message: 'a present leaf is not in exactly one rmap', where: { sp, index, chains } };
    }) ?? staleMember(kvm),
  witness: {
    says: 'two leaves map one gfn',
    reads: ['rmap'],
    reached: (kvm) => {
      for (let gfn = 0; gfn < kvm.rmap.length; gfn += 1) {
        if (kvm.rmap.at(gfn).count() > 1) return true;
      }
      return false;
    },
  },
});
