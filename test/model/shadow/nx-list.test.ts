import { describe, expect, it } from 'vitest';
import type { Kvm } from '../../../model/index.ts';
import {
  account_nx_huge_page,
  isPossibleNxHugePage,
  unaccount_nx_huge_page,
} from '../../../model/shadow/nx-list.ts';
import { aKvm, aPage, type KvmInput } from '../../support/kvm.ts';

const anNxKvm = (input: KvmInput = {}): Kvm => {
  const kvm = aKvm({ nx_huge_pages: 'force', geometry: { shadow_pages: 3 }, ...input });
  for (const sp of [0, 1, 2]) aPage(kvm, sp, { direct: true });
  return kvm;
};

const listOf = ({ nx }: Kvm): readonly (number | null)[] =>
  [0, 1, 2].map((i) => nx.possible_nx_huge_pages.get(i));

describe('account_nx_huge_page', () => {
  it('flags the page, and lists it when nothing else forbids a huge page', () => {
    const kvm = anNxKvm();
    account_nx_huge_page(kvm, 2, true);
    account_nx_huge_page(kvm, 0, true);
    account_nx_huge_page(kvm, 1, false);
    expect([0, 1, 2].map((sp) => kvm.sp.at(sp).nx_huge_page_disallowed)).toEqual([
      true,
      true,
      true,
    ]);
    expect([listOf(kvm), kvm.nx.nr_possible_nx_huge_pages]).toEqual([[2, 0, null], 2]);
    expect([isPossibleNxHugePage(kvm, 0), isPossibleNxHugePage(kvm, 1)]).toEqual([true, false]);
  });

  it('lists a page once', () => {
    const kvm = anNxKvm();
    for (const sp of [1, 1]) account_nx_huge_page(kvm, sp, true);
    expect([listOf(kvm), kvm.nx.nr_possible_nx_huge_pages]).toEqual([[1, null, null], 1]);
  });

  it('counts again and lists all, as the mutants have it', () => {
    const again = anNxKvm({ rules: { nx_track: 'again' } });
    for (const sp of [1, 1]) account_nx_huge_page(again, sp, true);
    expect(again.nx.nr_possible_nx_huge_pages).toBe(2);
    const all = anNxKvm({ rules: { nx_possible: 'always' } });
    account_nx_huge_page(all, 1, false);
    expect(isPossibleNxHugePage(all, 1)).toBe(true);
  });
});

describe('unaccount_nx_huge_page', () => {
  it('takes the page off the list, which closes up', () => {
    const kvm = anNxKvm();
    for (const sp of [2, 0, 1]) account_nx_huge_page(kvm, sp, true);
    unaccount_nx_huge_page(kvm, 0);
    expect([listOf(kvm), kvm.nx.nr_possible_nx_huge_pages]).toEqual([[2, 1, null], 2]);
    expect(kvm.sp.at(0).nx_huge_page_disallowed).toBe(false);
  });

  it('only clears the flag of a page that is not listed', () => {
    const kvm = anNxKvm();
    account_nx_huge_page(kvm, 0, false);
    unaccount_nx_huge_page(kvm, 0);
    expect([kvm.sp.at(0).nx_huge_page_disallowed, kvm.nx.nr_possible_nx_huge_pages]).toEqual([
      false,
      0,
    ]);
  });
});
