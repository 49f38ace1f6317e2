/**
 * Linking a child into its parent, and going down to it.
 *
 * Kernel: __link_shadow_page(), shadow_walk_next(). Lock: mmu_lock for write.
 */
import type { Kvm } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { tableIndex } from '../geometry.ts';
import { make_nonleaf_spte } from '../spte.ts';
import {
  disallowed_hugepage_adjust,
  isHugePageDisallowed,
  kvm_mmu_hugepage_adjust,
} from './huge.ts';
import { isBefore } from './lock.ts';
import { takeObject } from './memory-cache.ts';
import { sptepOf, warn } from './mmu-page.ts';
import { account_nx_huge_page } from './nx-list.ts';
import { mark_unsync } from './unsync.ts';
import { leafLevel } from './walker.ts';

/**
 * Where the walk over the shadow page table goes at the level it has reached: to a child that
 * shadows a guest table, to a direct child below the guest leaf, or to the leaf itself.
 */
export const enterLevel = (kvm: Kvm, v: number): void => {
  const { mmu_lock } = kvm;
  const vcpu = kvm.vcpu.at(v);
  const isBelowTables = mmu_lock.level <= leafLevel(vcpu);
  if (isBelowTables) {
    if (mmu_lock.goal_level === 0) kvm_mmu_hugepage_adjust(kvm, vcpu);
    disallowed_hugepage_adjust(kvm, vcpu);
  }
  const atGoal = isBelowTables && mmu_lock.level === mmu_lock.goal_level;
  vcpu.pc = atGoal ? 'make_spte' : 'get_child_sp';
};

const store_link: ModelTransition = {
  name: '__link_shadow_page',
  says: 'Store the table entry that leads to the child, after the old one was flushed.',
  source: ['__link_shadow_page()'],
  over: ['v'],
  at: 'store_link',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'store_link')) return false;
    storeLink(kvm, v);
    return true;
  },
};

export const storeLink = (kvm: Kvm, v: number): void => {
  const { mmu_lock } = kvm;
  const parent = mmu_lock.sp ?? 0;
  const child = mmu_lock.child ?? 0;
  const index = tableIndex(kvm.geometry, kvm.vcpu.at(v).insn.va, mmu_lock.level);
  const page = kvm.sp.at(child);
  kvm.sp.at(parent).spt.set(index, make_nonleaf_spte(child));
  if (page.parent_ptes.bits !== 0) takeObject(kvm, 'mmu_pte_list_desc_cache');
  page.parent_ptes.add(sptepOf(kvm, parent, index));
  if (page.unsync_children > 0 && kvm.rules.link_unsync_children === 'sync') {
    warn(kvm, 'linked-with-unsync-children');
  }
  if ((page.unsync || page.unsync_children > 0) && kvm.rules.link_mark_unsync === 'mark') {
    mark_unsync(kvm, sptepOf(kvm, parent, index));
  }
  if (page.role.direct && isHugePageDisallowed(kvm, kvm.vcpu.at(v))) {
    account_nx_huge_page(kvm, child, mmu_lock.req_level >= mmu_lock.level);
  }
  descend(kvm, v);
};

/** shadow_walk_next(): the child becomes the table to work on. */
export const descend = (kvm: Kvm, v: number): void => {
  const { mmu_lock } = kvm;
  mmu_lock.level -= 1;
  mmu_lock.sp = mmu_lock.child;
  mmu_lock.child = null;
  mmu_lock.fresh = false;
  mmu_lock.created = false;
  enterLevel(kvm, v);
};

export const linkTransitions: readonly ModelTransition[] = [store_link];
