/** Decisions of finding, building and linking shadow pages. */
import { rule } from './rule.ts';

export const buildingRules = {
  lookup_reuse: rule(
    ['valid-match', 'never'],
    'Whether a valid shadow page of equal gfn and role is reused; `never` builds another one.',
    ['kvm_mmu_find_shadow_page()'],
  ),
  lookup_unsync: rule(
    ['sync', 'sync-and-clear', 'zap', 'ignore'],
    'What becomes of an unsync shadow page that a lookup finds: `sync` refreshes it and leaves ' +
      'it unsync and writable, `sync-and-clear` also marks it in sync without write protection, ' +
      '`zap` builds a new one, `ignore` uses it as it is.',
    ['kvm_mmu_find_shadow_page()', 'kvm_sync_page()'],
  ),
  lookup_alias_unsync: rule(
    ['zap', 'keep'],
    'Whether an unsync shadow page of the gfn is zapped when one above 4K is looked up there.',
    ['kvm_mmu_find_shadow_page()'],
  ),
  account_protect: rule(
    ['protect', 'skip'],
    'Whether a new shadow page write-protects the guest table that it shadows.',
    ['account_shadowed()', 'kvm_mmu_slot_gfn_write_protect()'],
  ),
  account_flush: rule(
    ['flush', 'none'],
    'Whether write-protecting the table of a new shadow page is followed by a flush.',
    ['account_shadowed()'],
  ),
  lpage_count: rule(
    ['paired', 'kept'],
    'Whether zapping a shadow page takes back its reason against huge pages.',
    ['unaccount_shadowed()', 'update_gfn_disallow_lpage_count()'],
  ),
  unaccount: rule(
    ['paired', 'none'],
    'Whether zapping a shadow page takes back what creating it counted.',
    ['unaccount_shadowed()'],
  ),
  child_passthrough: rule(
    ['cleared', 'inherited'],
    'Whether a page below a root that passes through is one that shadows a guest table.',
    ['kvm_mmu_child_role()'],
  ),
  child_access: rule(
    ['per-level', 'last-table'],
    'Access in the role of a child: accumulated down to that table, or down to the last one.',
    ['FNAME(fetch)', 'kvm_mmu_child_role()'],
  ),
  direct_access: rule(
    ['whole-walk', 'tables-only'],
    'Access in the role of a direct page below a guest leaf: with or without that of the leaf.',
    ['FNAME(fetch)', 'commit 5fd5387c89ec (2010)'],
  ),
  direct_host_write: rule(
    ['per-leaf', 'and-host'],
    'Whether a frame that the host lets nobody write makes its leaf read-only, or all of the ' +
      'direct page.',
    ['FNAME(fetch)', 'commit d3c422bd3338 (2010)'],
  ),
  direct_validate: rule(
    ['relink', 'skip'],
    'Whether a direct child built with other rights is unlinked before it is used.',
    ['validate_direct_spte()', 'commit 9e7b0e7fba45 (2010)'],
  ),
  lpage_check: rule(
    ['checked', 'skipped'],
    'Whether a run of frames that holds a shadowed guest table is mapped by a leaf above 4K.',
    ['kvm_mmu_hugepage_adjust()', 'update_gfn_disallow_lpage_count()'],
  ),
  child_level: rule(
    ['one-below', 'same'],
    'Level in the role of a child, relative to its parent.',
    ['kvm_mmu_child_role()'],
  ),
  child_reuse_check: rule(
    ['gfn-and-role', 'gfn', 'none'],
    'What is compared before the child that is already linked is taken for the right one.',
    ['kvm_mmu_get_child_sp()'],
  ),
  role_cr0_wp: rule(
    ['in-role', 'ignored'],
    'Whether the role of a shadow page tells CR0.WP apart.',
    ['kvm_calc_cpu_role()', 'kvm_mmu_page_role'],
  ),
  role_efer_nx: rule(
    ['forced', 'in-role'],
    'Whether the role of a shadow page tells EFER.NX apart; `forced` takes it for set.',
    ['kvm_init_shadow_mmu()', 'kvm_calc_cpu_role()'],
  ),
  link_unsync_children: rule(
    ['sync', 'request-sync', 'skip'],
    'Unsync pages below a table that is linked at a new place: synced before, by the faulting ' +
      'vCPU before it runs on, or not at all.',
    ['FNAME(fetch)', 'mmu_sync_children()'],
  ),
  link_replace: rule(
    ['zap-old-child', 'overwrite'],
    'Whether linking over a present entry takes the old child off its parent list.',
    ['__link_shadow_page()', 'mmu_page_zap_pte()'],
  ),
  link_flush: rule(
    ['flush', 'none'],
    'Whether replacing a present table entry is followed by a flush before the new one is stored.',
    ['__link_shadow_page()'],
  ),
  link_mark_unsync: rule(
    ['mark', 'skip'],
    'Whether linking an unsync child marks its new ancestors.',
    ['__link_shadow_page()', 'mark_unsync()'],
  ),
  mark_unsync_climb: rule(
    ['to-the-roots', 'parents-only'],
    'How far up the fact that a page below is unsync is recorded.',
    ['kvm_mmu_mark_parents_unsync()', 'mark_unsync()'],
  ),
  mark_unsync_count: rule(
    ['per-mark', 'per-call'],
    'Whether unsync_children counts marks, or every attempt to set one.',
    ['mark_unsync()'],
  ),
} as const;
