/**
 * Walking the shadow page table down to the faulting address and filling it on the way.
 *
 * Kernel: FNAME(fetch), kvm_mmu_get_child_sp(), validate_direct_spte(). The link is stored in
 * `link.ts`, the leaf in `leaf.ts`.
 * Lock: mmu_lock for write, taken by FNAME(page_fault).
 *
 * Cuts: looking up or creating a child (with the count of indirect pages and the write
 * protection); each flush; reading the guest entry again together with the store of the link. Those
 * two stay together: a guest store between them leaves the same state as one right after.
 *
 * Below a guest leaf above 4K that cannot be mapped as one leaf come direct pages, which shadow no
 * guest table.
 *
 * Neighbours of the leaf are mapped in `prefetch.ts`.
 */
import type { Kvm, VcpuView } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { alignedGfn, PG_LEVEL_4K, tableIndex } from '../geometry.ts';
import { is_shadow_present_pte, isTableSpte, spte_to_child_sp } from '../spte.ts';
import { oweLink } from '../tlb/flush.ts';
import { kvm_mmu_alloc_shadow_page, kvm_mmu_find_shadow_page } from './find.ts';
import { descend, storeLink } from './link.ts';
import { isBefore, proceed } from './lock.ts';
import { kvm_mmu_child_role, roleWord, sptepOf } from './mmu-page.ts';
import { capturePrefetchPtes } from './prefetch-window.ts';
import { startSync } from './sync.ts';
import {
  accessDownTo,
  asHostGrants,
  gpte_changed,
  leafLevel,
  mappedAccess,
  walkedGfn,
  tableAt,
} from './walker.ts';
import { drop_parent_pte, isCommitDue, mmu_page_zap_pte } from './zap.ts';

/** Whether the entry at the level reached leads to a guest table, not below the guest leaf. */
const isIndirect = (kvm: Kvm, vcpu: VcpuView): boolean => kvm.mmu_lock.level > leafLevel(vcpu);

const get_child_sp: ModelTransition = {
  name: 'kvm_mmu_get_child_sp',
  says: 'Keep the child that is linked, or find or create the one for the guest table.',
  source: ['FNAME(fetch)', 'kvm_mmu_get_child_sp()', 'kvm_mmu_find_shadow_page()'],
  over: ['v'],
  at: 'get_child_sp',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'get_child_sp')) return false;
    const { mmu_lock } = kvm;
    const vcpu = kvm.vcpu.at(v);
    const parent = kvm.sp.at(mmu_lock.sp ?? 0);
    const index = tableIndex(kvm.geometry, vcpu.insn.va, mmu_lock.level);
    const spte = parent.spt.get(index);
    parent.write_flooding_count = 0;
    const indirect = isIndirect(kvm, vcpu);
    if (!indirect && validate_direct_spte(kvm, v, spte)) return true;
    const gfn = indirect ? tableAt(kvm, vcpu, mmu_lock.level - 1) : directGfn(kvm, vcpu);
    const access = indirect ? childAccess(kvm, vcpu) : directAccess(kvm, vcpu);
    const role = kvm_mmu_child_role(kvm, parent, !indirect, access);
    if (isTableSpte(spte) && isRightChild(kvm, spte_to_child_sp(spte), gfn, role)) {
      mmu_lock.child = spte_to_child_sp(spte);
      vcpu.pc = 'link_shadow_page';
      return true;
    }
    mmu_lock.fresh = true;
    getShadowPage(kvm, v, gfn, role);
    return true;
  },
};

/** walker.pt_access for the level of the child. */
const childAccess = (kvm: Kvm, vcpu: VcpuView): number => {
  const level = kvm.rules.child_access === 'per-level' ? kvm.mmu_lock.level : leafLevel(vcpu) + 1;
  return accessDownTo(vcpu, level);
};

/** The first frame of the run that a direct page is to map. */
const directGfn = (kvm: Kvm, vcpu: VcpuView): number => {
  const gfn = walkedGfn(kvm, vcpu);
  return kvm.rules.direct_gfn === 'first-of-run'
    ? alignedGfn(kvm.geometry, gfn, kvm.mmu_lock.level)
    : gfn;
};

/** The rights of a direct page: those of the whole guest walk. */
const directAccess = (kvm: Kvm, vcpu: VcpuView): number =>
  kvm.rules.direct_access === 'whole-walk'
    ? asHostGrants(kvm, vcpu, mappedAccess(kvm, vcpu))
    : accessDownTo(vcpu, leafLevel(vcpu) + 1);

/**
 * validate_direct_spte(): a direct child built with other rights is unlinked and flushed, then
 * looked up anew. Returns whether that happened.
 */
const validate_direct_spte = (kvm: Kvm, v: number, spte: number): boolean => {
  const { mmu_lock } = kvm;
  const vcpu = kvm.vcpu.at(v);
  if (!isTableSpte(spte) || kvm.rules.direct_validate === 'skip') return false;
  const child = spte_to_child_sp(spte);
  if (kvm.sp.at(child).role.access === directAccess(kvm, vcpu)) return false;
  const index = tableIndex(kvm.geometry, vcpu.insn.va, mmu_lock.level);
  drop_parent_pte(kvm, child, sptepOf(kvm, mmu_lock.sp ?? 0, index));
  proceed(kvm, v, 'get_child_sp', true);
  return true;
};

const isRightChild = (kvm: Kvm, child: number, gfn: number, role: number): boolean => {
  const page = kvm.sp.at(child);
  if (kvm.rules.child_reuse_check === 'none') return true;
  if (page.gfn !== gfn) return false;
  return (
    kvm.rules.child_reuse_check === 'gfn' || (roleWord(page.role) === role && !page.role.invalid)
  );
};

/** kvm_mmu_get_shadow_page() for a child, and what must happen before it may be linked. */
const getShadowPage = (kvm: Kvm, v: number, gfn: number, role: number): void => {
  const { mmu_lock } = kvm;
  const found = kvm_mmu_find_shadow_page(kvm, gfn, role);
  mmu_lock.created = found === null;
  const child = found ?? kvm_mmu_alloc_shadow_page(kvm, gfn, role);
  mmu_lock.child = child;
  const page = kvm.sp.at(child);
  if (page.unsync && kvm.rules.lookup_unsync !== 'ignore') {
    // The page stays unsync and its table writable: the next guest flush syncs it again.
    if (kvm.rules.lookup_unsync === 'sync-and-clear') page.unsync = false;
    startSync(kvm, child);
    mmu_lock.after_sync = 'link_shadow_page';
    proceed(kvm, v, 'sync_spte', isCommitDue(kvm));
    return;
  }
  const flush = mmu_lock.flush || isCommitDue(kvm);
  if (page.unsync_children > 0 && kvm.rules.link_unsync_children === 'sync') {
    mmu_lock.sync_parent = child;
    mmu_lock.after_sync = 'link_shadow_page';
    proceed(kvm, v, 'sync_children', flush);
    return;
  }
  if (page.unsync_children > 0 && kvm.rules.link_unsync_children === 'request-sync') {
    kvm.vcpu.at(v).request_sync = true;
  }
  proceed(kvm, v, 'link_shadow_page', flush);
};

/** Whether the guest entry below the table just secured differs from what the walk read. */
const hasChanged = (kvm: Kvm, v: number): boolean => {
  const { gpte_recheck } = kvm.rules;
  if (gpte_recheck === 'never') return false;
  if (gpte_recheck === 'new-page-only' && !kvm.mmu_lock.created) return false;
  return gpte_changed(kvm, v, kvm.mmu_lock.level - 1);
};

const recheck: ModelTransition = {
  name: 'FNAME(fetch).recheck',
  says:
    'Read the guest entry again in the table just secured; give up when it changed, else link ' +
    'the child or descend.',
  source: ['FNAME(fetch)', 'FNAME(gpte_changed)', '__link_shadow_page()'],
  over: ['v'],
  at: 'link_shadow_page',
  step: (kvm, v) => {
    const { mmu_lock } = kvm;
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.cr0_pg_clear || !isBefore(kvm, v, 'link_shadow_page')) return false;
    if (isIndirect(kvm, vcpu)) {
      if (hasChanged(kvm, v)) {
        proceed(kvm, v, 'enter');
        return true;
      }
      if (mmu_lock.level - 1 === PG_LEVEL_4K) capturePrefetchPtes(kvm, vcpu);
    }
    linkOrDescend(kvm, v);
    return true;
  },
};

/** __link_shadow_page() up to the flush for what was there before; or down to the child. */
export const linkOrDescend = (kvm: Kvm, v: number): void => {
  const { mmu_lock } = kvm;
  if (!mmu_lock.fresh) {
    descend(kvm, v);
    return;
  }
  const parent = mmu_lock.sp ?? 0;
  const index = tableIndex(kvm.geometry, kvm.vcpu.at(v).insn.va, mmu_lock.level);
  const old = kvm.sp.at(parent).spt.get(index);
  if (!is_shadow_present_pte(old)) {
    storeLink(kvm, v);
    return;
  }
  if (!isTableSpte(old) && kvm.rules.link_over_leaf === 'keep') {
    proceed(kvm, v, 'enter');
    return;
  }
  if (kvm.rules.link_replace === 'zap-old-child' || !isTableSpte(old)) {
    mmu_page_zap_pte(kvm, parent, index);
  } else {
    oweLink(kvm);
  }
  proceed(kvm, v, 'store_link', kvm.rules.link_flush === 'flush');
};

export const fetchTransitions: readonly ModelTransition[] = [get_child_sp, recheck];
