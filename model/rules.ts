/**
 * Every decision of KVM that a patch could change or that a bug once got wrong, as one record.
 *
 * The model reads `rules.x` at the one place where KVM decides. The first value of each rule is
 * what Linux 7.2 does.
 */

const rule = <const V extends readonly [string, string, ...string[]]>(
  values: V,
  says: string,
  source: readonly string[],
) => ({ values, says, source });

export const ruleDefinitions = {
  /** kvm_mmu_find_shadow_page(). */
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
  gpte_recheck: rule(
    ['always', 'new-page-only', 'never'],
    'When the guest entry is read again under mmu_lock before it is acted upon.',
    ['FNAME(gpte_changed)', 'FNAME(fetch)'],
  ),
  walk_cr0_wp: rule(
    ['current', 'stale'],
    'Whether the permission check of a guest walk knows that CR0.WP was cleared.',
    ['permission_fault()', 'kvm_mmu_refresh_cr0_wp()'],
  ),
  stale_root_check: rule(
    ['checked', 'skipped'],
    'Whether a fault gives up when its root was invalidated before mmu_lock was taken.',
    ['is_page_fault_stale()', 'FNAME(fetch)'],
  ),
  unsync_order: rule(
    ['before-writable', 'after-writable'],
    'Whether shadow pages of a gfn are marked unsync before the writable SPTE is stored.',
    ['mmu_try_to_unsync_pages()', 'is_unsync_root()'],
  ),
  unsync_level: rule(
    ['4k-only', 'any'],
    'At which levels a write fault may make the shadow pages of a gfn unsync.',
    ['mmu_try_to_unsync_pages()', 'kvm_gfn_is_write_tracked()'],
  ),
  remap_same_pfn: rule(
    ['update', 'keep'],
    'What a fault does to a leaf that maps the right frame with other rights.',
    ['mmu_set_spte()'],
  ),
  remap_access: rule(
    ['refresh', 'keep'],
    'Whether a fault over an existing leaf refreshes the access cached for it.',
    ['mmu_set_spte()', 'kvm_mmu_page_set_access()'],
  ),
  map_translation: rule(
    ['gfn-and-access', 'access-only'],
    'What is recorded beside a new leaf; its rmap entry is found again by the recorded gfn.',
    ['__rmap_add()', 'kvm_mmu_page_set_translation()'],
  ),
  drop_rmap: rule(
    ['remove', 'leave'],
    'Whether dropping a leaf removes it from the rmap of its gfn.',
    ['drop_spte()', 'rmap_remove()'],
  ),
  remap_flush: rule(
    ['before-unlock', 'none'],
    'Whether a fault that replaces a leaf by one of another frame flushes before it unlocks.',
    ['mmu_set_spte()'],
  ),
  update_flush: rule(
    ['mmu-writable', 'never'],
    'Which change of a present leaf owes a flush: the loss of MMU-writable, or none.',
    ['mmu_spte_update()', 'leaf_spte_change_needs_tlb_flush()'],
  ),
  sync_peer_write: rule(
    ['refuse', 'allow'],
    'Whether an entry being synced may become writable when its gfn is itself shadowed unsync.',
    ['mmu_try_to_unsync_pages()', 'FNAME(sync_spte)'],
  ),
  sync_protect: rule(
    ['whole-batch', 'none'],
    'Whether the tables of collected unsync pages are write-protected before they are synced.',
    ['mmu_sync_children()'],
  ),
  sync_passes: rule(
    ['until-none', 'one'],
    'Whether collecting unsync pages is repeated until none is left, as a batch is bounded.',
    ['mmu_sync_children()'],
  ),
  sync_gfn_change: rule(
    ['drop', 'keep'],
    'What syncing does to a leaf whose guest entry now names another gfn.',
    ['FNAME(sync_spte)'],
  ),
  sync_accessed: rule(
    ['drop', 'keep'],
    'What syncing does to a leaf whose guest entry has its accessed flag cleared.',
    ['FNAME(sync_spte)', 'FNAME(prefetch_invalid_gpte)'],
  ),
  sync_access: rule(
    ['refresh', 'keep'],
    'Whether syncing an entry refreshes the access cached for it.',
    ['FNAME(sync_spte)', 'kvm_mmu_page_set_access()'],
  ),
  cr3_sync: rule(
    ['request', 'none'],
    'Whether MOV CR3 syncs the unsync pages below the root that it loads.',
    ['kvm_set_cr3()', 'kvm_invalidate_pcid()', 'kvm_mmu_sync_roots()'],
  ),
  cr3_root_count: rule(
    ['paired', 'kept'],
    'Whether a cached root that is pushed out of prev_roots is given back.',
    ['kvm_mmu_new_pgd()', 'kvm_mmu_free_roots()'],
  ),
  load_sync: rule(
    ['sync', 'none'],
    'Whether a root found again by gfn and role is synced when it is loaded.',
    ['kvm_mmu_load()', 'kvm_mmu_sync_roots()'],
  ),
  invlpg_sync: rule(
    ['all-roots', 'current-root', 'none'],
    'In which cached roots INVLPG syncs the entry of the address.',
    ['kvm_mmu_invlpg()', '__kvm_mmu_invalidate_addr()'],
  ),
  emulated_write: rule(
    ['tracked', 'untracked'],
    'Whether an emulated write to a shadowed table zaps what was built from the old value.',
    ['kvm_mmu_track_write()'],
  ),
  track_flush: rule(
    ['flush', 'none'],
    'Whether zapping a present entry for an emulated write is followed by a flush.',
    ['kvm_mmu_track_write()', 'kvm_mmu_remote_flush_or_zap()'],
  ),
  gfn_iteration: rule(
    ['valid-only', 'invalid-too'],
    'Whether an emulated write passes over shadow pages that are already invalid.',
    ['for_each_gfn_valid_sp_with_gptes()', 'kvm_mmu_track_write()'],
  ),
  zap_parent_links: rule(
    ['clear', 'leave'],
    'Whether zapping a shadow page clears the entries that lead to it.',
    ['kvm_mmu_unlink_parents()'],
  ),
  zap_list: rule(
    ['moved', 'left-on-active'],
    'Whether a zapped root that is still in use leaves the list of active pages.',
    ['__kvm_mmu_prepare_zap_page()'],
  ),
  zap_root_request: rule(
    ['all-vcpus', 'none'],
    'Whether zapping a root in use makes its users let go of it before they run on.',
    ['__kvm_mmu_prepare_zap_page()', 'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS'],
  ),
  remote_flush: rule(
    ['all-vcpus', 'in-guest-only', 'caller-only'],
    'Which vCPUs a flush reaches; one outside the guest still holds what it cached.',
    ['kvm_flush_remote_tlbs()', 'kvm_make_all_cpus_request()'],
  ),
  commit_zap: rule(
    ['flush-then-free', 'free-at-once'],
    'Whether vCPUs are made to drop what they cache of a zapped page before it is freed.',
    ['kvm_mmu_commit_zap_page()'],
  ),
} as const;

export type RuleName = keyof typeof ruleDefinitions;

/** One value for every rule. */
export type Rules = {
  readonly [N in RuleName]: (typeof ruleDefinitions)[N]['values'][number];
};

export const ruleNames = Object.keys(ruleDefinitions) as RuleName[];

const upstream = Object.fromEntries(
  ruleNames.map((name) => [name, ruleDefinitions[name].values[0]]),
) as unknown as Rules;

/**
 * Named rule sets. Era differences of parts that are not modelled yet join with those parts.
 * In 2022 any present table entry was taken for the right child, and the v2 series of eager page
 * splitting did not refresh the cached access when a fault found the frame already mapped.
 */
export const presets = {
  upstream,
  'v6.1': upstream,
  'seed-v3': { ...upstream, child_reuse_check: 'none' },
  'seed-v2': { ...upstream, child_reuse_check: 'none', remap_access: 'keep' },
} as const satisfies Record<string, Rules>;

export const presetSays: Record<keyof typeof presets, string> = {
  upstream: 'Linux 7.2.',
  'v6.1':
    'Linux 6.1.192, which has the fixes of 2026 that concern this machine. Its INVLPG, which ' +
    'zaps and prefetches, is taken for the later one, which syncs.',
  'seed-v3': 'The third series of eager page splitting for the shadow MMU, April 2022.',
  'seed-v2': 'The second series of eager page splitting for the shadow MMU, March 2022.',
};

export type PresetName = keyof typeof presets;
