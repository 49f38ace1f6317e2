/** Assertions about SPTEs, rmaps, shadow pages and their lists. */
import type { Assertion } from './assertion.ts';

const nested = 'waits for nested paging';
const oneLock = 'there is one lock, and steps under it say who holds it';
const format = 'guest tables have one format';

export const assertionsOfPages: readonly Assertion[] = [
  {
    where: 'mmu_spte_set()',
    claim: 'the entry was not present',
    properties: ['leaf-is-filed-in-one-rmap', 'parent-list-mirrors-table-entries'],
    why: 'not asserted itself: an entry that is overwritten stays in its rmap or parent list',
  },
  {
    where: 'mmu_spte_update()',
    claim: 'present before and after, of the same frame',
    warning: 'spte-update-changes-pfn',
  },
  {
    where: 'check_spte_writable_invariants()',
    claim: 'MMU-writable only if host-writable, writable only if MMU-writable',
    properties: ['leaf-is-writable-where-the-host-allows'],
  },
  {
    where: 'kvm_mmu_page_set_translation()',
    claim: 'what is recorded for a direct page is what is computed for it',
    warning: 'translation-of-direct-page-differs',
  },
  {
    where: 'update_gfn_disallow_lpage_count()',
    claim: 'counting leaves the flag of mixed attributes alone',
    why: 'waits for memory attributes',
  },
  {
    where: 'kvm_rmap_unlock()',
    claim: 'the lock bit of an rmap is clear in what is stored',
    why: 'the lock is the place where whoever ages is; the entries of an rmap are a plain set',
    properties: ['lockless-walker-reads-no-freed-page'],
  },
  {
    where: 'pte_list_remove(), pte_list_desc_remove_entry()',
    claim: 'what is removed from an rmap is in it',
    warning: 'rmap-entry-missing',
    properties: ['rmap-key-is-the-recorded-gfn'],
  },
  {
    where: 'for_each_rmap_spte()',
    claim: 'what an rmap lists is present',
    properties: ['leaf-is-filed-in-one-rmap'],
  },
  {
    where: 'spte_clear_dirty()',
    claim: 'the SPTE has a dirty flag',
    why: 'a scenario has PML for its own addresses or for those of a nested guest, not for both',
  },
  { where: '__walk_slot_rmaps()', claim: 'mmu_lock is held for write', why: oneLock },
  {
    where: 'kvm_unmap_gfn_range()',
    claim: 'an invalidation is in progress, or slots_lock is held',
    why: 'both callers announce in the step that zaps, the notifier and kvm_zap_gfn_range()',
  },
  {
    where: 'kvm_mmu_check_sptes_at_free()',
    claim: 'a freed page has no present entry',
    properties: ['invalid-page-maps-nothing', 'leaf-is-filed-in-one-rmap'],
  },
  {
    where: 'clear_unsync_child_bit()',
    claim: 'unsync_children does not go below zero',
    warning: 'unsync-count-negative',
    properties: ['unsync-count-equals-its-bitmap'],
  },
  {
    where: 'kvm_unlink_unsync_page()',
    claim: 'the page was unsync',
    why: 'the model sets the flag whatever it was; a wrong one shows as a page in sync that is not',
    properties: ['sync-page-agrees-with-guest-table'],
  },
  {
    where: 'kvm_get_mmu_page_hash(), __kvm_mmu_get_shadow_page()',
    claim: 'mmu_lock is held, the hash is allocated',
    why: 'the lookup scans all pages; there is no hash',
  },
  {
    where: 'kvm_sync_page_check()',
    claim: 'a page to be synced is indirect and of the role of the vCPU, but for level and access',
    properties: ['unsync-only-at-4k', 'guest-runs-on-a-valid-root'],
    why: 'a page of another mode that is synced for a root of this one is not told apart',
  },
  {
    where: 'mmu_pages_first(), mmu_pages_clear_parents()',
    claim: 'the walk over unsync pages starts above 4K',
    why: 'the path of the walk is not kept: marks are cleared by the next pass',
  },
  {
    where: 'kvm_mmu_find_shadow_page()',
    claim: 'an unsync page is looked up for a vCPU only; a sync that succeeds zaps nothing',
    warning: 'sync-without-vcpu',
    why: 'as the first half; what a sync zaps is not modelled',
  },
  {
    where: 'shadow_mmu_get_sp_for_split()',
    claim: 'there is a page: an allocation that failed was noticed',
    warning: 'split-without-page',
    why: 'a pointer that is not tested, in a series that was not merged',
  },
  {
    where: 'kvm_mmu_child_role()',
    claim: 'the parent is not invalid',
    warning: 'child-role-invalid',
  },
  {
    where: 'kvm_mmu_child_role(), mmu_alloc_root()',
    claim: 'quadrants belong to entries of four bytes',
    why: format,
  },
  {
    where: 'shadow_walk_init_using_root()',
    claim: 'a PAE root is walked from the active root only',
    why: format,
  },
  {
    where: '__link_shadow_page()',
    claim: 'what is linked has no unsync pages below',
    warning: 'linked-with-unsync-children',
  },
  {
    where: '__link_shadow_page()',
    claim: 'the parent is above 4K',
    properties: ['child-is-one-level-below'],
  },
  { where: '__kvm_mmu_prepare_zap_page()', claim: 'mmu_lock is held for write', why: oneLock },
  {
    where: 'kvm_mmu_commit_zap_page()',
    claim: 'what is freed is invalid and no root',
    warning: 'free-of-valid-or-root',
  },
  {
    where: 'list_del(), list_move() of struct kvm_mmu_page',
    claim: 'a page is taken off the list that it is on, once',
    warning: 'page-unlisted-twice',
    properties: ['page-is-on-the-list-of-its-state'],
  },
  {
    where: 'list_add() of struct kvm_mmu_page',
    claim: 'a page that is put on an invalid_list is on no list',
    warning: 'page-listed-twice',
  },
  {
    where: 'kvm_zap_obsolete_pages(), kvm_mmu_zap_all()',
    claim: 'no invalid page is on the list of active ones',
    warning: 'invalid-page-on-active-list',
    properties: ['page-is-on-the-list-of-its-state'],
  },
  {
    where: 'kvm_mmu_zap_all_fast(), topup_split_caches()',
    claim: 'slots_lock is held',
    why: 'one thread changes slots; it zaps within that',
  },
  {
    where: 'mmu_free_root_page(), kvm_mmu_free_roots()',
    claim: 'what is given back is a root with a shadow page, and was counted',
    assumed: 'model/shadow/root-cache.ts',
    properties: ['root-count-equals-root-slots'],
  },
  {
    where: 'kvm_mmu_free_guest_mode_roots()',
    claim: 'the nested guest is not running',
    why: nested,
  },
  {
    where: 'mmu_alloc_special_roots()',
    claim: 'special roots are allocated together',
    why: format,
  },
  {
    where: 'is_unsync_root(), is_root_usable(), kvm_mmu_new_pgd()',
    claim: 'a root has a shadow page',
    properties: ['pointers-lead-to-allocated-pages'],
  },
  {
    where: 'kvm_mmu_unload()',
    claim: 'no root is left',
    why: 'no vCPU goes away alone; when the VM does, roots that are held stay invalid',
    properties: ['teardown-leaves-nothing-mapped'],
  },
];
