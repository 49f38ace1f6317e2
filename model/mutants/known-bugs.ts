/** Bugs that Linux had, or that review kept out of it, put back as one changed rule each. */
import type { Mutant } from './mutant.ts';

export const knownBugs: readonly Mutant[] = [
  {
    id: 'sync-batch-writable-peer',
    rule: 'sync_peer_write',
    value: 'allow',
    says:
      'Syncing one page of a batch maps the table of another one writable, which is ' +
      'then marked in sync.',
    source: ['commit 36a2e6774bfb (2010)', 'mmu_try_to_unsync_pages()'],
    scenario: 'shadow-sync-batch',
    property: 'shadowed-gfn-has-no-writable-spte',
    category: 'A',
  },
  {
    id: 'link-unsynced-child',
    rule: 'link_unsync_children',
    value: 'skip',
    says: 'A directory with unsync pages below is linked at a new place as it is.',
    source: ['commit 65855ed8b034 (2021)', 'FNAME(fetch)'],
    scenario: 'shadow-link-unsync-child',
    property: 'access-is-justified-by-guest-tables',
    category: 'A',
  },
  {
    id: 'perm-reduction-no-remote-flush',
    rule: 'update_flush',
    value: 'never',
    says: 'A leaf loses its write right without a flush of the other vCPUs.',
    source: ['kvm-28 (2007)', 'mmu_spte_update()'],
    scenario: 'shadow-unsync-remap',
    property: 'owed-flush-is-paid-before-unlock',
    category: 'A',
  },
  {
    id: 'unsync-flag-after-writable',
    rule: 'unsync_order',
    value: 'after-writable',
    says: 'The writable leaf is visible before the pages that shadow its gfn are unsync.',
    source: ['commit 264d3dc1d3dc (2021)', 'mmu_try_to_unsync_pages()'],
    scenario: 'shadow-unsync',
    property: 'unsync-precedes-writable-leaf',
    category: 'A',
  },
  {
    id: 'fault-skips-gpte-recheck',
    rule: 'gpte_recheck',
    value: 'new-page-only',
    says: 'The result of the guest walk is trusted because the shadow page existed ' + 'already.',
    source: ['commit f7d9c7b7b902 (2008)', 'FNAME(gpte_changed)'],
    scenario: 'shadow-fault-race',
    property: 'sync-page-agrees-with-guest-table',
    category: 'A',
  },
  {
    id: 'write-hits-invalid-sp',
    rule: 'gfn_iteration',
    value: 'invalid-too',
    says:
      'An emulated write handles a page that is already zapped and takes it off a ' + 'list twice.',
    source: ['kvm-72rc3 (2008)', 'for_each_gfn_valid_sp_with_gptes()'],
    scenario: 'shadow-write-flood',
    property: 'kernel-warnings-stay-silent',
    category: 'A',
  },
  {
    id: 'map-into-lost-root',
    rule: 'stale_root_check',
    value: 'skipped',
    says: 'A fault goes on below a root that was zapped before it took mmu_lock.',
    source: [
      'commit 989c6b34f6a9 (2013)',
      'commit a955cad84cda (2021)',
      'commit 2abd5287f083 (2026)',
      'is_page_fault_stale()',
    ],
    scenario: 'shadow-write-flood',
    property: 'invalid-page-maps-nothing',
    category: 'A',
  },
  {
    id: 'inherited-permission',
    rule: 'child_access',
    value: 'last-table',
    says:
      'Upper pages are keyed by the access at the last table, so that ways with ' +
      'different rights share a subtree.',
    source: ['CVE-2021-38198', 'commit b1bd5cba3306 (2021)', 'FNAME(fetch)'],
    scenario: 'shadow-shared-directory',
    property: 'child-has-the-role-that-its-entry-implies',
    category: 'B',
  },
  {
    id: 'direct-sp-shared-across-access',
    rule: 'direct_access',
    value: 'tables-only',
    says: 'A direct page is keyed without the rights of the large entry that it stands for.',
    source: ['commit 5fd5387c89ec (2010)', 'FNAME(fetch)'],
    scenario: 'shadow-direct-two-rights',
    property: 'child-has-the-role-that-its-entry-implies',
    category: 'B',
  },
  {
    id: 'direct-sp-dirty-upgrade',
    preset: 'seed-v3',
    rule: 'direct_validate',
    value: 'skip',
    says:
      'Setting the dirty flag of a large entry upgrades leaves inside the read-only direct page ' +
      'that others use too. Shows where a present child is taken for the right one.',
    source: ['commit 9e7b0e7fba45 (2010)', 'validate_direct_spte()'],
    scenario: 'shadow-direct-dirty',
    property: 'leaf-rights-are-within-the-cached-access',
    category: 'B',
  },
  {
    id: 'direct-child-gfn-mismatch',
    rule: 'child_reuse_check',
    value: 'none',
    says:
      'A large entry re-pointed behind the back of KVM is served by the direct page of the old ' +
      'frames: its leaves are filed under one gfn and removed under another.',
    source: ['CVE-2026-46113', 'commit 0cb2af2ea66a (2026)', 'kvm_mmu_get_child_sp()'],
    scenario: 'shadow-direct-repointed',
    property: 'rmap-key-is-the-recorded-gfn',
    category: 'B',
  },
  {
    id: 'direct-child-role-mismatch',
    rule: 'child_reuse_check',
    value: 'gfn',
    says:
      'A large entry that becomes a table in its own first frame is served by the direct page: ' +
      'the gfn agrees, the role was never compared.',
    source: ['CVE-2026-53359', 'commit 81ccda30b4e8 (2026)', 'kvm_mmu_get_child_sp()'],
    scenario: 'shadow-direct-becomes-table',
    property: 'rmap-key-is-the-recorded-gfn',
    category: 'B',
  },
  {
    id: 'cr0-wp-stale-in-permission-check',
    rule: 'walk_cr0_wp',
    value: 'stale',
    says:
      'The permission check of the guest walk does not know that CR0.WP was cleared, ' +
      'and the guest gets a #PF for a legal write.',
    source: ['commit cf9f4c0eb169 (2023), for TDP; here in shadow paging', 'permission_fault()'],
    scenario: 'shadow-cr0-wp',
    property: 'page-fault-is-justified-by-guest-tables',
    category: 'B',
  },
  {
    id: 'nxe-missing-from-role',
    preset: 'seed-v3',
    rule: 'role_efer_nx',
    value: 'forced',
    says:
      'Shadow pages built while EFER.NX was set serve a guest that has cleared it, for which an ' +
      'entry that is not executable is malformed. Linux does so again since 2022.',
    source: ['commit 9645bb56b31a (2010)', 'kvm_init_shadow_mmu()'],
    scenario: 'shadow-efer-nx',
    property: 'flush-leaves-no-stale-entry',
    category: 'B',
  },
  {
    id: 'cached-access-not-updated',
    rule: 'remap_access',
    value: 'keep',
    says:
      'A fault that finds the frame already mapped updates the leaf but not the ' +
      'access cached beside it.',
    source: ['review of eager page splitting, series v2 (2022)', 'mmu_set_spte()'],
    scenario: 'shadow-progress',
    property: 'leaf-rights-are-within-the-cached-access',
    category: 'F',
  },
  {
    id: 'max-level-ignored-for-hugetlb',
    rule: 'max_level',
    value: 'host-above-4k',
    says:
      'A run in which a table is shadowed may be mapped at the level between; KVM maps it at ' +
      'that of the host.',
    source: ['Enforce max_level on HugeTLB mappings (2020)', 'kvm_mmu_max_mapping_level()'],
    scenario: 'shadow-huge-levels',
    property: 'shadowed-gfn-has-no-writable-spte',
    category: 'F',
  },
  {
    id: 'nx-read-replaces-exec-table',
    rule: 'nx_table',
    value: 'replaced',
    says:
      'A read fault puts the huge page back over a table that was split for execution: fetch and ' +
      'load take turns for ever.',
    source: ['disallowed_hugepage_adjust()', 'commit b8e8c8303ff2 (2019)'],
    scenario: 'shadow-nx-progress',
    property: 'nx-table-is-not-replaced-by-a-huge-page',
    category: 'F',
  },
];
