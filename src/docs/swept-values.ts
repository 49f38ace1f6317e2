/**
 * What a sweep (`kvm-mmu-check rules`) says of values of rules that are no planted bug. Recorded,
 * because it takes an hour; of planted bugs `evidence/mutants.json` has the same.
 */
export interface SweptValue {
  /** `rule=value`. */
  readonly value: string;
  readonly verdict: 'NEEDED' | 'COSTS ONLY' | 'NOT NEEDED' | 'NOT ASKED' | 'OPEN';
  /** The run, or the bound, or what differs. */
  readonly says: string;
}

/** Order: of the rules. */
export const sweptValues: readonly SweptValue[] = [
  {
    value: 'lookup_unsync=zap',
    verdict: 'COSTS ONLY',
    says:
      'holds in `shadow-link-unsync-table` and `shadow-fault-race`, 119,672 ' +
      'states; pages built 1,488 -> 3,370',
  },
  {
    value: 'role_efer_nx=in-role',
    verdict: 'NOT NEEDED',
    says:
      'holds in `shadow-split-shrinker`, `shadow-split-levels-alias` and ' +
      '`shadow-prefetch-over-leaf`, 9,258 states; all counts are the same; with ' +
      'the other value a [finding](findings.md) goes away',
  },
  {
    value: 'gpte_recheck=never',
    verdict: 'NEEDED',
    says: '`sync-page-agrees-with-guest-table` in 27 steps of `shadow-fault-race`',
  },
  {
    value: 'page_dirty=when-write-right-goes',
    verdict: 'COSTS ONLY',
    says:
      'holds in 6 scenarios of faults, frames and MMIO, 154,380 states; flushes ' +
      '5,709 -> 5,861',
  },
  {
    value: 'invlpg_sync=current-root',
    verdict: 'NOT NEEDED',
    says: 'holds in `shadow-prefetch-over-leaf`, 2,611 states; all counts are the ' + 'same',
  },
  {
    value: 'nested_orphans=kept',
    verdict: 'NOT ASKED',
    says: 'nothing asks for it in 11 scenarios, those of nested guests that find pages among them',
  },
  {
    value: 'sync_mmio=clear-where-slot',
    verdict: 'NOT NEEDED',
    says: 'holds in `shadow-mmio-sync`, 15,459 states; all counts are the same',
  },
  {
    value: 'shrinker=oldest-pages',
    verdict: 'COSTS ONLY',
    says:
      'holds in `shadow-split-shrinker` and two scenarios without memory ' +
      'pressure, 17,425 states; faults 1,093 -> 2,187, flushes 1,872 -> 7,716',
  },
  {
    value: 'table_protect_spaces=every',
    verdict: 'COSTS ONLY',
    says:
      'holds in `shadow-smm-tables`, 25,896 states; SPTE writes 2,131 -> 2,685, ' +
      'flushes 560 -> 972; closes a [finding](findings.md)',
  },
  {
    value: 'clear_huge_protect=as-log',
    verdict: 'NOT NEEDED',
    says:
      'holds in 5 scenarios of clearing, 47,829 states; all counts are the same; ' +
      'closes a [finding](findings.md)',
  },
  {
    value: 'word_crossing=frames',
    verdict: 'NEEDED',
    says:
      '`owed-flush-is-paid-before-unlock` in 13 steps of `shadow-dirty-word`: ' +
      'closes one [finding](findings.md), and protects a huge page where another ' +
      'one is',
  },
  {
    value: 'split_scope=every-shadow-mmu',
    verdict: 'COSTS ONLY',
    says:
      'holds in `shadow-split-not-nested`, 2,394 states; faults 256 -> 317, ' +
      'flushes 794 -> 953',
  },
  {
    value: 'split_existing=refuse',
    verdict: 'NEEDED',
    says:
      '`owed-flush-is-paid-before-unlock` in 26 steps of `shadow-split-clear`: a ' +
      'huge page stays and is protected where a [finding](findings.md) is',
  },
  {
    value: 'split_flush=less-permissive-leaf',
    verdict: 'NOT NEEDED',
    says:
      'holds in 5 scenarios of splitting, 78,558 states; all counts are the same; ' +
      'closes a [finding](findings.md)',
  },
  {
    value: 'split_flush=always',
    verdict: 'COSTS ONLY',
    says: 'holds in the same 5, 85,612 states; flushes 30,884 -> 34,104',
  },
  {
    value: 'split_entries=holes-flushed',
    verdict: 'COSTS ONLY',
    says:
      'holds in 5 scenarios of splitting, 32,008 states; faults 4,354 -> 4,401, ' +
      'flushes 9,647 -> 9,892',
  },
  {
    value: 'split_unsync=skip',
    verdict: 'NOT ASKED',
    says: 'nothing asks for it, in all scenarios of CI',
  },
  {
    value: 'split_unsync=split',
    verdict: 'NOT ASKED',
    says: 'nothing asks for it, in all scenarios of CI',
  },
  {
    value: 'split_alloc=under-the-lock',
    verdict: 'COSTS ONLY',
    says: 'holds in 5 scenarios of splitting, 34,641 states; faults 4,354 -> 4,901',
  },
  {
    value: 'split_page=carried-looked-up',
    verdict: 'COSTS ONLY',
    says:
      'holds in 5 scenarios of splitting, 39,592 states; faults 4,354 -> 5,660, ' +
      'pages built 2,240 -> 2,452',
  },
  {
    value: 'split_lookup_unsync=zap',
    verdict: 'NOT ASKED',
    says: 'nothing asks for it, in all scenarios of CI',
  },
  {
    value: 'split_lookup_unsync=sync',
    verdict: 'NOT ASKED',
    says: 'nothing asks for it, in all scenarios of CI',
  },
  {
    value: 'split_lookup_unsync=use',
    verdict: 'NOT ASKED',
    says: 'nothing asks for it, in all scenarios of CI',
  },
  {
    value: 'split_break=after-progress',
    verdict: 'COSTS ONLY',
    says:
      'holds in 5 scenarios of splitting, 29,084 states; faults 4,354 -> 3,897; ' +
      'closes a [finding](findings.md)',
  },
];
