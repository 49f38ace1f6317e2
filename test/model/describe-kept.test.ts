import { describe, expect, it } from 'vitest';
import { describeKept, type KeptParts } from '../../model/describe-kept.ts';

const before: KeptParts = {
  arch: { n_used_mmu_pages: 2, n_max_mmu_pages: 4 },
  mmu_notifier: {
    mmu_invalidate_in_progress: 0,
    mn_active_invalidate_count: 0,
    mmu_invalidate_range_start: 0,
    mmu_invalidate_range_end: 0,
  },
  host_pfn: [0, 1, 2],
  host: { readonly: [], dirty: [], ghost_written: [2] },
  host_level: [1, 1, 2],
  aging: { sptep: 0 },
  nx: {
    nx_huge_pages: false,
    possible_nx_huge_pages: [null, null],
    nr_possible_nx_huge_pages: 0,
  },
  split: { split_page_header_cache: 0, split_desc_cache: 0 },
  vcpu: [{ mmu_page_header_cache: 0, mmu_pte_list_desc_cache: 1 }],
};

const said = (change: Partial<KeptParts>): readonly string[] => {
  const lines: string[] = [];
  describeKept(before, { ...before, ...change }, (line) => lines.push(line));
  return lines;
};

describe('describeKept', () => {
  it('says nothing when nothing changed', () => {
    expect(said({})).toEqual([]);
  });

  it('names what the MMU notifier counts, and the range while there is one', () => {
    const counts = { mmu_invalidate_in_progress: 1, mn_active_invalidate_count: 1 };
    const range = { mmu_invalidate_range_start: 2, mmu_invalidate_range_end: 4 };
    expect(said({ mmu_notifier: { ...counts, ...range } })).toEqual([
      'mmu_invalidate_in_progress 0 -> 1',
      'mn_active_invalidate_count 0 -> 1',
      'MMU notifier invalidates gfn 0x2-0x3',
    ]);
    const one = { ...counts, ...range, mmu_invalidate_range_end: 3 };
    expect(said({ mmu_notifier: one }).at(-1)).toBe('MMU notifier invalidates gfn 0x2');
  });

  it('names frames that the host moves, resizes, shares and learns of', () => {
    expect(
      said({
        host_pfn: [0, 5, 2],
        host_level: [2, 1, 1],
        host: { readonly: [1, 2], dirty: [2], ghost_written: [] },
      }),
    ).toEqual([
      'host gfn 0x1 pfn 0x1 -> 0x5',
      'host gfn 0x0 4K -> 2M',
      'host gfn 0x2 2M -> 4K',
      'host read-only gfn + 0x1,0x2',
      'written pfn - 0x2',
      'reported as written pfn + 0x2',
    ]);
  });

  it('names a leaf that is aged, quotas, caches and the NX list', () => {
    expect(
      said({
        aging: { sptep: 3 },
        arch: { n_used_mmu_pages: 3, n_max_mmu_pages: 1 },
        vcpu: [{ mmu_page_header_cache: 2, mmu_pte_list_desc_cache: 1 }],
        split: { split_page_header_cache: 1, split_desc_cache: 3 },
        nx: {
          nx_huge_pages: true,
          possible_nx_huge_pages: [1, null],
          nr_possible_nx_huge_pages: 1,
        },
      }),
    ).toEqual([
      'ageing a leaf',
      'n_used_mmu_pages 2 -> 3',
      'n_max_mmu_pages 4 -> 1',
      'vcpu0 mmu_page_header_cache 0 -> 2',
      'split_page_header_cache 0 -> 1',
      'split_desc_cache 0 -> 3',
      'nx_huge_pages on',
      'possible_nx_huge_pages + sp1',
      'nr_possible_nx_huge_pages 0 -> 1',
    ]);
  });
});
