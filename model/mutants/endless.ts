/** Bugs that break no state: something goes on for ever. */
import type { Mutant } from './mutant.ts';

export const endlessMutants: readonly Mutant[] = [
  {
    id: 'fault-on-own-page-table-loops',
    rule: 'own_table_fault',
    value: 'zapped-first',
    says:
      'A write to a table on its own way zaps the shadow pages of the table, and takes it for a ' +
      'page that can be mapped huge until it is shadowed again.',
    source: ['FNAME(page_fault)', 'commit 7751babd3c6d (2013)'],
    scenario: 'shadow-endless-own-huge-page',
    property: 'repeated-instruction-ends',
    category: 'F',
  },
  {
    id: 'ro-huge-spte-blocks-4k',
    rule: 'link_over_leaf',
    value: 'keep',
    says:
      'A huge leaf that was made read-only is not dropped when a write needs small pages: the ' +
      'fault leaves it as it is, and repeats.',
    source: ['commit 404381c5839d (2013)', 'drop_large_spte()'],
    scenario: 'shadow-endless-huge',
    property: 'repeated-instruction-ends',
    category: 'F',
  },
  {
    id: 'stale-seq-truncated',
    rule: 'notifier_seq_width',
    value: 'truncated',
    says:
      'A fault keeps the sequence of the MMU notifier in too few bits: once the sequence has ' +
      'outgrown them, every fault looks stale.',
    source: ['stable commit 82d811ff5665 (2023)', 'is_page_fault_stale()'],
    scenario: 'shadow-endless-notifier',
    property: 'repeated-instruction-ends',
    category: 'G',
  },
  {
    id: 'unprotect-repeats-for-ever',
    rule: 'unprotect_retry',
    value: 'every-time',
    says:
      'A write to a table on the way to itself is answered by zapping the shadow page of the ' +
      'table and retrying, as often as it faults.',
    source: ['x86_emulate_instruction()', 'last_retry_eip'],
    scenario: 'shadow-endless-own-table',
    property: 'repeated-instruction-ends',
    category: 'rule',
  },
  {
    id: 'synced-page-stays-unsync',
    rule: 'sync_unmark',
    value: 'kept',
    says: 'A page that is synced stays marked, and is collected for ever.',
    source: ['kvm_unlink_unsync_page()'],
    scenario: 'shadow-endless-rights',
    property: 'exit-returns-to-the-guest',
    category: 'rule',
  },
];
