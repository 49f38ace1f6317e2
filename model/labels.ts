/** Words that the state holds: where a vCPU is, and which warning fired. */
import { oneOf, type View } from '../src/engine/machine/index.ts';

/**
 * Where a vCPU is: in the guest, or before which step of KVM. One label per small step; the
 * names follow the transitions.
 */
export const pc = oneOf(
  'guest',
  'walk_addr',
  'direct_page_fault',
  'fast_page_fault',
  'fast_pf_fix_direct_spte',
  'mark_page_dirty',
  'update_accessed_dirty_bits',
  'inject_page_fault',
  'snapshot_seq',
  'faultin_pfn',
  'lock_page_fault',
  'get_child_sp',
  'link_shadow_page',
  'store_link',
  'make_spte',
  'store_spte',
  'pte_prefetch',
  'mark_unsync_late',
  'sync_spte',
  'sync_children',
  'flush',
  'clear_flood',
  'emulate_write',
  'read_indirect_shadow_pages',
  'track_write',
  'invlpg',
  'sync_roots',
  'assign_root',
  'emulate_mmio',
  'check_stale',
  'alloc_root',
  'enter',
);
export type Pc = View<typeof pc>;

const warnings = [
  'none',
  'spte-update-changes-pfn',
  'rmap-entry-missing',
  'unsync-above-4k',
  'linked-with-unsync-children',
  'child-role-invalid',
  'unsync-count-negative',
  'free-of-valid-or-root',
  'page-unlisted-twice',
  'page-listed-twice',
  'invalid-page-on-active-list',
  'memory-cache-empty',
  'translation-of-direct-page-differs',
  'frame-of-direct-leaf-changes',
  'nx-list-holds-unflagged-page',
  'nx-page-stays-flagged',
  'invalidate-count-negative',
  'writable-huge-page-in-logged-slot',
] as const;

/** Those that only the eager splitting of huge pages can give. */
const splitWarnings = [
  'sync-without-vcpu',
  'split-of-unsync-page',
  'split-of-what-is-not-huge',
  'split-without-page',
] as const;

/** Which WARN of KVM fired; sticky. */
export const warning = oneOf(...warnings, ...splitWarnings);
export const warningOf = (splits: boolean): typeof warning =>
  splits ? warning : { ...warning, cardinality: warnings.length };
export type Warning = View<typeof warning>;
