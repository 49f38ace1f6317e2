/**
 * The lock of one rmap, which whoever ages its leaves holds in place of mmu_lock.
 *
 * Kernel: kvm_rmap_lock(), kvm_rmap_lock_readonly(), for_each_rmap_spte_lockless(). The steps are
 * in `host/aging.ts`.
 */
import type { Kvm } from '../state.ts';
import { lowestBit, withoutLowest } from '../bits.ts';
import { is_shadow_present_pte, NO_SPTE, withDirtyClear } from '../spte.ts';
import { alignedGfn, pagesPerLeaf, PG_LEVEL_4K } from '../geometry.ts';
import { clearAccessed, is_accessed_spte } from './accessed.ts';
import { spte_index, sptep_to_sp } from './mmu-page.ts';
import { rmapKey } from './rmap-key.ts';

/**
 * The rmaps that are looked through for a frame, or for the range of the scenario: at each level
 * from the first frame on in steps of a leaf, wherever within a leaf that is.
 */
export const rmapsToAge = (kvm: Kvm, gfn: number): readonly number[] => {
  const { geometry, rmap, rules } = kvm;
  const { gfn: start, npages } = geometry.aging_range ?? { gfn, npages: 1 };
  const max = rules.aging_levels === '4k-only' ? PG_LEVEL_4K : geometry.levels;
  const keys: number[] = [];
  for (let level = PG_LEVEL_4K; level <= max; level += 1) {
    const aligned = rules.aging_step === 'aligned' ? alignedGfn(geometry, start, level) : start;
    const step = pagesPerLeaf(geometry, level);
    for (let g = aligned; g < start + npages; g += step) {
      const key = rmapKey(kvm, g, level);
      if (key < rmap.length) keys.push(key);
    }
  }
  return keys;
};

/** The first accessed entry of an rmap that comes after `after`; -1 when there is none. */
const accessedIn = (kvm: Kvm, key: number, after: number): number => {
  for (let rest = kvm.rmap.at(key).bits; rest !== 0; rest = withoutLowest(rest)) {
    const sptep = lowestBit(rest);
    const accessed = is_accessed_spte(kvm, sptep_to_sp(kvm, sptep), spte_index(kvm, sptep));
    if (sptep >= after && accessed) return sptep;
  }
  return -1;
};

/** kvm_test_age_gfn(): whether any of these rmaps lists an entry that was accessed. */
export const isYoung = (kvm: Kvm, keys: readonly number[]): boolean =>
  keys.some((key) => accessedIn(kvm, key, 0) >= 0);

/** for_each_rmap_spte_lockless(): locks the first of the rmaps with an accessed entry, reads it. */
export const readFirst = (kvm: Kvm, keys: readonly number[], after = 0): boolean => {
  const { aging } = kvm;
  for (const [i, key] of keys.entries()) {
    const sptep = accessedIn(kvm, key, i === 0 ? after : 0);
    if (sptep < 0) continue;
    aging.key = key;
    aging.sptep = sptep + 1;
    aging.spte = kvm.sp.at(sptep_to_sp(kvm, sptep)).spt.get(spte_index(kvm, sptep));
    return true;
  }
  aging.key = 0;
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
  const keys = rmapsToAge(kvm, aging.key);
  readFirst(kvm, keys.slice(keys.indexOf(aging.key)), sptep + 1);
};

/** kvm_rmap_lock(): whoever ages the leaves of an rmap is done before it changes. */
export const kvm_rmap_lock = (kvm: Kvm, key: number): void => {
  if (kvm.rules.aging_lock === 'none') return;
  while (kvm.aging.sptep !== 0 && kvm.aging.key === key) clearOne(kvm);
};
