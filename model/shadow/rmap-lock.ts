/**
 * The lock of one rmap, which whoever ages its leaves holds in place of mmu_lock.
 *
 * Kernel: kvm_rmap_lock(), kvm_rmap_lock_readonly(), for_each_rmap_spte_lockless(). The steps are
 * in `host/aging.ts`.
 */
import type { Kvm } from '../state.ts';
import { lowestBit, withoutLowest } from '../bits.ts';
import { is_shadow_present_pte, NO_SPTE, withDirtyClear } from '../spte.ts';
import { clearAccessed, is_accessed_spte } from './accessed.ts';
import { spte_index, sptep_to_sp } from './mmu-page.ts';

/** for_each_rmap_spte_lockless(): reads the first accessed entry after `after`, or lets go. */
export const readNext = (kvm: Kvm, gfn: number, after: number): boolean => {
  const { aging } = kvm;
  for (let rest = kvm.rmap.at(gfn).bits; rest !== 0; rest = withoutLowest(rest)) {
    const sptep = lowestBit(rest);
    const sp = sptep_to_sp(kvm, sptep);
    const index = spte_index(kvm, sptep);
    if (sptep < after || !is_accessed_spte(kvm, sp, index)) continue;
    aging.gfn = gfn;
    aging.sptep = sptep + 1;
    aging.spte = kvm.sp.at(sp).spt.get(index);
    return true;
  }
  aging.gfn = 0;
  aging.sptep = 0;
  aging.spte = NO_SPTE;
  return false;
};

/** Clears the flag where the entry was read, and goes on. */
export const clearOne = (kvm: Kvm): void => {
  const { aging, rules } = kvm;
  const sptep = aging.sptep - 1;
  const sp = sptep_to_sp(kvm, sptep);
  const index = spte_index(kvm, sptep);
  const { spt } = kvm.sp.at(sp);
  if (rules.aging_store === 'whole-entry') spt.set(index, aging.spte);
  if (is_shadow_present_pte(spt.get(index))) {
    clearAccessed(kvm, sp, index);
    if (rules.aging_flags === 'accessed-and-dirty') spt.set(index, withDirtyClear(spt.get(index)));
  }
  readNext(kvm, aging.gfn, sptep + 1);
};

/** kvm_rmap_lock(): whoever ages the leaves of the gfn is done before the rmap changes. */
export const kvm_rmap_lock = (kvm: Kvm, gfn: number): void => {
  if (kvm.rules.aging_lock === 'none') return;
  while (kvm.aging.sptep !== 0 && kvm.aging.gfn === gfn) clearOne(kvm);
};
