/** struct kvm_mmu_page. */
import {
  array,
  bitset,
  bool,
  boolIf,
  oneOf,
  record,
  uint,
} from '../../src/engine/machine/index.ts';
import { hasListOrder, rootLevel, type Geometry } from '../geometry.ts';
import { domainsOf, spteDomain } from './domains.ts';

export const pageLayout = (g: Geometry, hasNx: boolean, hasAging: boolean) => {
  const { gfn, access, spteps } = domainsOf(g);
  return record({
    /** Which list the page is on; a pinned invalid root is on none. */
    list: oneOf('free', 'active', 'invalid_list', 'none'),
    gfn,
    role: record({
      level: uint(rootLevel(g)),
      access,
      direct: bool,
      cr0_wp: bool,
      /** !efer_nx */
      efer_nx_clear: boolIf(g.efer_nx === 'toggled'),
      cr4_smep: boolIf(g.cr4.includes('smep')),
      smap_andnot_wp: boolIf(g.cr4.includes('smap')),
      smm: boolIf(g.smm),
      passthrough: boolIf(g.passthrough),
      invalid: bool,
    }),
    /** mmu_valid_gen differs from that of the VM, which is all that is ever asked of the two. */
    obsolete: boolIf(g.memslot !== null),
    /** Place on active_mmu_pages, 0 for the oldest. */
    position: uint(hasListOrder(g) ? g.shadow_pages - 1 : 0),
    unsync: bool,
    unsync_children: uint(g.entries + 1),
    root_count: uint(g.vcpus * (1 + g.prev_roots)),
    write_flooding_count: uint(g.flood_threshold),
    /** A huge page would be here, had it not to be executable. */
    nx_huge_page_disallowed: boolIf(hasNx),
    unsync_child_bitmap: bitset(g.entries),
    spt: array(spteDomain(g), g.entries),
    /** Leaves whose accessed flag is clear. */
    accessed_clear: bitset(hasAging ? g.entries : 0),
    /** get_gfn(): gfn of the guest translation behind each leaf. */
    shadowed_gfn: array(gfn, g.entries),
    /** get_access(): access of the guest translation behind each leaf. */
    shadowed_access: array(access, g.entries),
    /** Entries (page, index) that lead to this page. */
    parent_ptes: spteps,
  });
};
