/**
 * Causes of stored violations. What is expected was read off the runs by hand; steps are named by
 * transition, since a new model may have a shorter run of the same kind.
 */
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/checker/instance.ts';
import { causeFinders } from '../../src/why/index.ts';
import { storedLoops, storedStory, storedViolations } from '../support/stored.ts';

type Expected = readonly (readonly [string, RegExp])[];

const expected: readonly (readonly [string, Expected])[] = [
  [
    'shadow-unsync-remap--remap-without-flush',
    [
      ['mmu_try_to_unsync_pages', /^sp1\[0\] pfn 0x2 -u- -> - owes a flush$/],
      ['mmu_set_spte', /^drops mmu_lock/],
    ],
  ],
  [
    'shadow-emulated-write--tracked-write-without-flush',
    [['kvm_mmu_track_write', /^sp0\[0\] sp1 -> - owes a flush; drops mmu_lock/]],
  ],
  [
    'shadow-emulated-write--link-without-flush',
    [
      ['FNAME(fetch).recheck', /^sp0\[0\] sp1 -> - owes a flush$/],
      ['__link_shadow_page', /^links sp2 before that flush$/],
    ],
  ],
  [
    'shadow-link-unsync-table--lookup-uses-stale-page',
    [
      ['mmu_set_spte', /^stores sp1\[1\] pfn 0x3/],
      ['mmu_try_to_unsync_pages', /^sp1 is unsync/],
      ['guestStore', /^changes gfn 0x1\[1\] from gfn 0x3 wux to gfn 0x4 wux; sp1\[1\].* stays$/],
      ['FNAME(fetch).recheck', /^links sp1 at sp0\[1\]; sp1\[1\] is stale by then$/],
    ],
  ],
  [
    'shadow-link-unsync-child--link-unsynced-child',
    [
      ['mmu_set_spte', /^stores sp2\[1\] pfn 0x4/],
      ['mmu_try_to_unsync_pages', /^sp2 is unsync/],
      ['guestStore', /^changes gfn 0x2\[1\] from gfn 0x4 wux to gfn 0x5 wux/],
      ['FNAME(fetch).recheck', /^links sp1 at sp0\[1\]; sp2\[1\] is stale by then$/],
    ],
  ],
  [
    'shadow-fault-race--fault-skips-gpte-recheck',
    [
      ['FNAME(walk_addr)', /^reads gfn 0x1\[0\], before it changes$/],
      ['guestStore', /^changes gfn 0x1\[0\] from gfn 0x3 wux to gfn 0x4 wux$/],
      ['mmu_set_spte', /^stores sp2\[0\] pfn 0x3 .*read at step \d+$/],
    ],
  ],
  [
    'shadow-strict-emulated-window',
    [
      ['FNAME(fetch).recheck', /^stores sp0\[0\] sp1$/],
      ['emulator_write_phys', /^changes gfn 0x0\[0\] from gfn 0x1 wux to gfn 0x2 wux; .* stays$/],
      ['guestMovCr3', /^MOV CR3/],
      ['is_unsync_root', /no sync$/],
    ],
  ],
  [
    'store-reaches-the-dirty-log--shadow-dirty-word',
    [
      ['mmu_set_spte', /^sp0\[0\] pfn 0x2 wux mmu-writable is writable from here on$/],
      ['kvm_clear_dirty_log_protect', /^takes page 0x1 from the log$/],
      ['kvm_flush_remote_tlbs_memslot', /^the call returns: a store to page 0x1/],
      ['guestAccess', /^writes page 0x1/],
    ],
  ],
  [
    'shadow-dirty-tables--emulated-cmpxchg-not-logged',
    [['emulator_write_phys', /^writes page 0x0, which nothing puts into the log$/]],
  ],
  [
    'shadow-write-flood--zap-keeps-users-on-the-root',
    [
      ['mmu_alloc_root', /^vcpu\d has sp0 as its root/],
      ['kvm_mmu_track_write', /^zaps sp0; vcpu\d keeps it$/],
    ],
  ],
  [
    'shadow-host-moves-frame--notifier-misses-vcpus-outside-the-guest',
    [
      ['tlbFill', /^vcpu\d loads va 0x0 -> pfn 0x2/],
      ['kvm_mmu_notifier_invalidate_range_start', /^takes away the last leaf of pfn 0x2$/],
      ['kvm_mmu_notifier_invalidate_range_start.flush', /vcpu\d keeps what it holds$/],
      ['hostMovesFrame', /^pfn 0x2 is no longer behind any guest frame$/],
    ],
  ],
  [
    'shadow-table-becomes-root--free-before-flush',
    [
      ['pagingStructureCacheFill', /^vcpu0 loads the way to sp1/],
      ['kvm_mmu_load', /^frees sp1/],
    ],
  ],
  [
    'shadow-fault-race--flush-misses-vcpus-outside-the-guest',
    [
      ['tlbFill', /^vcpu\d loads va 0x2 -> pfn 0x1/],
      ['kvm_mmu_get_child_sp', /^sp2 shadows gfn 0x1 in sync$/],
      ['kvm_flush_remote_tlbs', /vcpu\d keeps what it holds$/],
    ],
  ],
  [
    'shadow-unsync-remap--flush-reaches-the-caller-only',
    [
      ['tlbFill', /^vcpu\d loads va 0x1 -> pfn 0x1/],
      ['mmu_sync_children.protect', /^the page table has pfn 0x1 -ux for va 0x1/],
      ['kvm_flush_remote_tlbs', /vcpu\d keeps what it holds$/],
    ],
  ],
  [
    'shadow-sync-three-levels--mark-stops-at-parents',
    [
      ['FNAME(fetch).recheck', /^sp0\[0\] leads to sp1/],
      ['mmu_try_to_unsync_pages', /^sp1 has pages below that are unsync/],
    ],
  ],
  [
    'shadow-mmio--mmio-cache-without-generation',
    [
      ['FNAME(walk_addr)', /^vcpu0 remembers MMIO at gfn 0x2, generation 0$/],
      ['kvm_swap_active_memslots', /^the slot is there .*; the generation of the slots is 1 /],
      ['guestAccess', /^vcpu0 takes the access to va 0x0 for MMIO$/],
    ],
  ],
  [
    'shadow-mmio--mmio-spte-without-generation',
    [
      ['mmu_set_spte', /^stores sp1\[0\] mmio gfn 0x2 generation 0$/],
      ['kvm_swap_active_memslots', /^the slot is there .*; the generation of the slots is 1 /],
      ['guestAccess', /^vcpu0 takes the access to va 0x0 for MMIO$/],
    ],
  ],
  [
    'shadow-mmio-sync--sync-keeps-mmio-entry',
    [
      ['mmu_set_spte', /^stores sp1\[0\] mmio gfn 0x2/],
      ['guestStore', /^changes gfn 0x1\[0\] .* stays$/],
      ['guestInvlpg', /^INVLPG/],
      ['guestAccess', /^vcpu0 takes the access to va 0x0 for MMIO$/],
    ],
  ],
  [
    'shadow-memslot-delete--deleted-slot-stays-mapped',
    [
      ['mmu_set_spte', /^stores sp1\[0\] pfn 0x2/],
      ['kvm_activate_memslot', /^the slot is gone/],
    ],
  ],
  [
    'shadow-memslot-lock-break--zap-all-livelock',
    [
      ['kvm_mmu_zap_all_fast', /^begins a new generation/],
      ['kvm_mmu_load', /^creates sp3 /],
      ['kvm_zap_obsolete_pages', /^zaps sp3, which is not obsolete$/],
    ],
  ],
  [
    'shadow-quota--fault-without-recycling',
    [
      ['kvm_mmu_load', /^creates sp0, n_used_mmu_pages 0 -> 1$/],
      ['kvm_mmu_get_child_sp', /^creates sp1, n_used_mmu_pages 1 -> 2$/],
      ['kvm_mmu_get_child_sp', /^creates sp2, n_used_mmu_pages 2 -> 3$/],
    ],
  ],
  [
    'shadow-quota--reclaim-takes-roots',
    [
      ['mmu_alloc_root', /^vcpu0 has sp0 as its root/],
      ['kvm_mmu_get_child_sp', /^n_used_mmu_pages 1 -> 2$/],
      ['kvm_mmu_load', /^zaps sp0 to make room$/],
    ],
  ],
  [
    'shadow-caches--pte-list-desc-exhausted',
    [
      ['kvm_mmu_load', /^the caches of vcpu0 hold: pages 2, descriptors 1$/],
      ['FNAME(page_fault)', /^vcpu0 takes mmu_lock with that$/],
    ],
  ],
  [
    'shadow-lockless-walk--flush-overtakes-lockless-walker',
    [
      ['shadow_page_table_clear_flood', /^vcpu1 has reached sp1 without mmu_lock$/],
      ['__kvm_mmu_unprotect_gfn_and_retry', /^zaps sp1$/],
      ['kvm_flush_remote_tlbs', /^frees sp1; vcpu1 is still there$/],
    ],
  ],
  [
    'shadow-nx-toggle--nx-zap-leaves-page-listed',
    [
      ['FNAME(fetch).recheck', /^puts sp1 on the list/],
      ['set_nx_huge_pages.zap', /^zaps sp1, which stays on the list$/],
    ],
  ],
  [
    'shadow-huge-over-table--zap-forbids-huge-pages-for-ever',
    [
      ['kvm_mmu_get_child_sp', /^disallow_lpage\[0\] is 2/],
      ['kvm_mmu_track_write', /^zaps sp0; disallow_lpage\[0\] stays 2$/],
    ],
  ],
  [
    'shadow-host-resizes-leaf--huge-fault-ignores-the-notifier',
    [
      ['hostResizesLeaf', /^the host maps gfn 0x2 at 4K/],
      ['mmu_set_spte', /^stores sp0\[0\] pfn 0x2/],
    ],
  ],
  [
    'shadow-efer-nx-forced',
    [
      ['mmu_set_spte', /^stores sp1\[0\] pfn 0x2 wu-/],
      ['guestWrmsrEferNx', /^vcpu0 clears EFER\.NX; sp1\[0\] stays$/],
      ['guestMovCr3', /^MOV CR3/],
      ['is_unsync_root', /no sync$/],
    ],
  ],
  [
    'shadow-table-becomes-root--zap-forgets-counters',
    [['kvm_mmu_load', /^zaps sp1, creates sp2, indirect_shadow_pages 2 -> 3$/]],
  ],
  [
    'shadow-dirty-initially-set--clear-log-skips-short-range',
    [
      ['kvm_update_flags_memslot', /^page 0x2 is in the log from here on$/],
      ['kvm_clear_dirty_log_protect', /^takes page 0x1 alone; page 0x2 stays$/],
    ],
  ],
  [
    'shadow-dirty-huge--logging-begins-before-faults-end',
    [
      ['FNAME(walk_addr)', /^vcpu0 is in a fault from here on$/],
      ['kvm_update_flags_memslot', /^dirty logging is on from here on$/],
      ['kvm_mmu_slot_apply_flags', /^waits no longer for faults that began before$/],
      ['mmu_set_spte', /^stores sp0\[0\] pfn 0x2 wux mmu-writable$/],
    ],
  ],
  [
    'shadow-dirty-recover--logging-ends-without-recovery',
    [
      ['kvm_update_flags_memslot', /^dirty logging is off from here on$/],
      ['kvm_mmu_get_child_sp', /^creates sp1 l1 gfn 0x2 access wux direct$/],
      ['mmu_set_spte', /^stores sp1\[0\] pfn 0x2/],
      ['kvm_mmu_slot_apply_flags', /^the call returns, and has zapped none of them$/],
    ],
  ],
  [
    'shadow-split-caches--split-caches-underfilled',
    [
      ['topup_split_caches', /^the caches for splits hold: pages 1, descriptors 1$/],
      ['shadow_mmu_try_split_huge_page', /^splits a page with that$/],
    ],
  ],
  [
    'shadow-split-caches--seed-v3--split-overwrites-spare-page',
    [
      ['topup_split_caches', /^a page is kept for a split from here on$/],
      ['shadow_mmu_try_split_huge_page.yield', /^drops mmu_lock before the page is split$/],
      ['topup_split_caches', /^keeps another page in the place of it$/],
    ],
  ],
  [
    'shadow-split-nx--split-role-from-huge-spte',
    [
      ['mmu_set_spte', /^stores sp0\[0\] pfn 0x2 wu- .*, while gfn 0x0\[0\] is gfn 0x2 wux large$/],
      ['shadow_mmu_try_split_huge_page', /^puts sp1 l1 with access wu- in the place of pfn 0x2/],
    ],
  ],
  [
    'shadow-split-reserve--split-below-reserve',
    [
      ['kvm_mmu_load', /^creates sp0, n_used_mmu_pages 0 -> 1$/],
      ['shadow_mmu_try_split_huge_page', /^creates sp1, n_used_mmu_pages 1 -> 2$/],
      ['shadow_mmu_try_split_huge_page', /^creates sp2, n_used_mmu_pages 2 -> 3$/],
    ],
  ],
  [
    'shadow-aging--aging-clears-dirty',
    [
      ['mmu_set_spte', /^stores sp1\[0\] pfn 0x2/],
      ['kvm_rmap_age_gfn_range', /^begins to age a leaf: reads its entry$/],
      ['kvm_rmap_age_gfn_range.clear', /^sp1\[0\] pfn 0x2 .* -> pfn 0x2 .* !D$/],
    ],
  ],
  [
    'shadow-notifier-overlap--overlapping-invalidations-end-together',
    [
      ['kvm_mmu_notifier_invalidate_range_start', /^invalidation \d of gfn 0x\d begins$/],
      ['kvm_mmu_notifier_invalidate_range_start', /^invalidation \d of gfn 0x\d begins$/],
      ['kvm_mmu_notifier_invalidate_range_end', /ends; mmu_invalidate_in_progress 2 -> 0$/],
    ],
  ],
  [
    'shadow-host-takes-frame--sync-loses-pfn-dirty',
    [
      ['guestAccess', /^the guest writes pfn 0x2$/],
      ['__kvm_mmu_invalidate_addr', /^sp1\[0\] .* -> pfn 0x2 -u-; pfn 0x2 is not reported$/],
      ['kvm_mmu_notifier_invalidate_range_start', /^sp1\[0\] .* -> -; pfn 0x2 is not reported$/],
      ['kvm_mmu_notifier_invalidate_range_start.flush', /^the host may take pfn 0x2/],
    ],
  ],
  [
    'shadow-zap-range--zap-gfn-range-not-an-invalidation',
    [
      ['kvm_mmu_faultin_pfn', /^vcpu0 finds pfn 0x2$/],
      ['kvm_zap_gfn_range', /^zaps the range; vcpu0 does not look up again$/],
      ['mmu_set_spte', /^maps pfn 0x2$/],
    ],
  ],
  [
    'shadow-host-shares-frame--sharing-misses-vcpus-outside-the-guest',
    [
      ['tlbFill', /^vcpu0 loads va 0x0 -> pfn 0x2 into its TLB$/],
      ['kvm_mmu_notifier_invalidate_range_start', /^takes away the last writable leaf of pfn 0x2$/],
      ['kvm_mmu_notifier_invalidate_range_start.flush', /vcpu0 keeps what it holds$/],
      ['hostSharesFrame', /^the host maps pfn 0x2 read-only from here on$/],
    ],
  ],
  [
    'shadow-teardown--teardown-spares-roots',
    [
      ['kvm_mmu_load', /^creates sp0 /],
      ['kvm_mmu_zap_all', /^begins to zap everything$/],
      ['kvm_mmu_zap_all.commit', /^passes over sp0, of root_count 1$/],
    ],
  ],
  [
    'shadow-split--split-walk-goes-on-after-unlock',
    [
      ['shadow_mmu_try_split_huge_page.yield', /^drops mmu_lock before the page is split$/],
      ['__link_shadow_page', /^sp0\[0\] is sp1 from here on$/],
    ],
  ],
  [
    'shadow-notifier-slot--notifier-elision-unbalanced',
    [
      ['kvm_mmu_notifier_invalidate_range_start', /begins, and is not counted$/],
      ['kvm_set_memory_region', /^the slot is present from here on$/],
      ['kvm_mmu_notifier_invalidate_range_end', /ends; takes back a count that nobody has made$/],
    ],
  ],
];

/** Of steps that do not depend on each other, either may come first in a new recording. */
function expectCauses(part: string, wanted: Expected): void {
  const { causes } = storedStory(part).story;
  const left = [...wanted];
  const unexpected = causes.filter(({ transition, text }) => {
    const at = left.findIndex(([name, words]) => name === transition && words.test(text));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  expect({ unexpected, missing: left }).toEqual({ unexpected: [], missing: [] });
}

describe('causes', () => {
  it.each(expected)('of %s are the steps that led to it', (part, wanted) => {
    expectCauses(part, wanted);
  });

  it('are looked for in all properties but those of runs without end', () => {
    const known = catalogue.properties
      .filter(({ kind }) => kind !== 'progress')
      .map(({ id }) => id);
    expect(Object.keys(causeFinders).toSorted()).toEqual(known.toSorted());
  });
});

const loops: readonly (readonly [string, Expected])[] = [
  [
    'shadow-endless-huge--ro-huge-spte-blocks-4k',
    [
      ['kvm_mmu_get_child_sp', /^stores sp0\[1\] pfn 0x2 -ux, which stays for ever$/],
      ['FNAME(fetch).recheck', /^all is as it was after step \d+$/],
    ],
  ],
  [
    'shadow-endless-nx--nx-read-replaces-exec-table',
    [
      ['mmu_try_to_unsync_pages', /^sp0\[0\] sp1 -> -, over and over$/],
      ['mmu_set_spte', /^sp0\[0\] - -> pfn 0x2 wu- mmu-writable, over and over$/],
      ['FNAME(fetch).recheck', /^sp0\[0\] pfn 0x2 wu- mmu-writable -> -, over and over$/],
      ['__link_shadow_page', /^sp0\[0\] - -> sp1, over and over$/],
      ['guestInstruction', /^all is as it was after step \d+$/],
    ],
  ],
  [
    'shadow-endless-rights--synced-page-stays-unsync',
    [
      ['mmu_try_to_unsync_pages', /^sp1 is unsync from here on, for ever$/],
      ['mmu_sync_children.protect', /^all is as it was after step \d+$/],
    ],
  ],
  [
    'split-ends--shadow-split-contention',
    [
      ['shadow_mmu_try_split_huge_page.yield', /^drops mmu_lock before sp0\[0\] is split, over/],
      ['topup_split_caches', /^all is as it was after step \d+$/],
    ],
  ],
];

describe('causes of a run without end', () => {
  it.each(loops)('of %s are what keeps it going', (part, wanted) => {
    expectCauses(part, wanted);
  });

  it.each(storedLoops())('are found for %s', (name) => {
    const { causes } = storedStory(name).story;
    expect(causes.length).toBeGreaterThan(0);
    expect(causes.at(-1)?.text).toMatch(
      /^(all is as it was after step \d+|nobody is sure to move)/,
    );
  });
});

/** An entry that a cause says was stored must have changed at that step, and so on. */
const claims: readonly (readonly [RegExp, (found: readonly string[]) => RegExp])[] = [
  [/stores (sp\d+\[\d+\])/, ([, spte = '']) => new RegExp(`^spte ${literal(spte)} `)],
  [
    /^changes (gfn \S+\[\d+\]) from (.*) to (.*?)(;|$)/,
    ([, gpte = '', was = '', now = '']) =>
      new RegExp(`^gpte ${literal(gpte)} ${literal(was)} -> ${literal(now)}$`),
  ],
  [/^creates (sp\d+ l\d gfn \S+)/, ([, page = '']) => new RegExp(`^\\+ ${literal(page)} `)],
  [/^frees (sp\d+)/, ([, page = '']) => new RegExp(`^- ${page} .* freed$`)],
  [/owes a flush/, () => /^\+ owed flush/],
  [/^zaps (sp\d+)/, ([, page = '']) => new RegExp(`^${page} .* invalid`)],
];

const literal = (text: string): string => text.replaceAll(/[[\]().*+?]/g, '\\$&');

describe('every stored violation', () => {
  const namesOf = (some: readonly { readonly name: string }[]) => some.map(({ name }) => name);
  const stories = storedViolations().map((name) => ({ name, ...storedStory(name) }));

  it('has its causes in the order of the steps, none after the breach', () => {
    for (const { story } of stories) {
      const numbers = story.causes.map(({ step }) => step);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect(numbers.filter((step) => step < 1 || step > (story.step ?? 0))).toEqual([]);
    }
  });

  it('names causes that did what they are said to have done', () => {
    const untrue = stories.flatMap(({ name, story, changes }) =>
      story.causes.flatMap(({ step, text }) =>
        text.split('; ').flatMap((part) =>
          claims.flatMap(([claim, changeOf]) => {
            const found = claim.exec(part);
            const isTrue = found === null || changes(step).some((c) => changeOf(found).test(c));
            return isTrue ? [] : [`${name} ${step}: ${part}`];
          }),
        ),
      ),
    );
    expect(untrue).toEqual([]);
  });

  it('has a cause', () => {
    expect(namesOf(stories.filter(({ story }) => story.causes.length === 0))).toEqual([]);
  });

  it('has a cause that is of its property', () => {
    const vague = stories.filter(({ story: { causes } }) =>
      causes.every(({ text }) => text === 'what is broken is so from here on'),
    );
    expect(namesOf(vague)).toEqual([]);
  });

  it('has something to show when it names an object', () => {
    const bare = stories.filter(({ story }) => story.objects.length === 0);
    const all = bare.filter(
      ({ property }) => !/counters-equal|count-equals|warnings/.test(property),
    );
    expect(namesOf(all)).toEqual([]);
  });
});
