/**
 * Pages that stand where a huge page could, had the guest not to execute from it.
 *
 * Kernel: account_nx_huge_page(), unaccount_nx_huge_page(), track_possible_nx_huge_page(),
 * untrack_possible_nx_huge_page(). Lock: mmu_lock for write.
 */
import type { Kvm } from '../state.ts';

/** Position of a page in possible_nx_huge_pages, or -1. */
const positionOf = (kvm: Kvm, sp: number): number => {
  const { possible_nx_huge_pages: pages } = kvm.nx;
  for (let i = 0; i < pages.length; i += 1) if (pages.get(i) === sp) return i;
  return -1;
};

export const isPossibleNxHugePage = (kvm: Kvm, sp: number): boolean => positionOf(kvm, sp) >= 0;

/** track_possible_nx_huge_page(): to the end of the list, once. */
const track = (kvm: Kvm, sp: number): void => {
  const { possible_nx_huge_pages: pages } = kvm.nx;
  const listed = isPossibleNxHugePage(kvm, sp);
  if (listed && kvm.rules.nx_track === 'once') return;
  kvm.nx.nr_possible_nx_huge_pages += 1;
  let end = 0;
  while (end < pages.length && pages.get(end) !== null) end += 1;
  if (!listed) pages.set(end, sp);
};

const untrack = (kvm: Kvm, sp: number): void => {
  const { possible_nx_huge_pages: pages } = kvm.nx;
  const at = positionOf(kvm, sp);
  if (at < 0) return;
  kvm.nx.nr_possible_nx_huge_pages -= 1;
  for (let i = at; i + 1 < pages.length; i += 1) pages.set(i, pages.get(i + 1));
  pages.set(pages.length - 1, null);
};

/** account_nx_huge_page(): `possible` says whether nothing else forbids a huge page there. */
export const account_nx_huge_page = (kvm: Kvm, sp: number, possible: boolean): void => {
  kvm.sp.at(sp).nx_huge_page_disallowed = true;
  if (possible || kvm.rules.nx_possible === 'always') track(kvm, sp);
};

export const unaccount_nx_huge_page = (kvm: Kvm, sp: number): void => {
  kvm.sp.at(sp).nx_huge_page_disallowed = false;
  untrack(kvm, sp);
};
