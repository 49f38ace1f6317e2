/**
 * Walking the shadow page table down to the faulting address and filling it on the way.
 *
 * Kernel: FNAME(fetch), kvm_mmu_get_child_sp(), __link_shadow_page(), mmu_set_spte().
 * Lock: mmu_lock for write, taken by FNAME(page_fault).
 *
 * Cuts: looking up or creating a child (with the count of indirect pages and the write
 * protection); each flush; reading the guest entry again together with the store of the link;
 * marking pages unsync; storing the leaf. The second read and the store of the link stay
 * together: a guest store between them leaves the same state as one right after.
 *
 * Abstracts: huge pages and prefetching, which this machine does not have yet.
 */
import type { Kvm, VcpuView } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { permits, ACC_ALL, ACC_USER_MASK, ACC_WRITE_MASK, type AccessKind } from '../access.ts';
import { tableIndex } from '../geometry.ts';
import { gpte_access, gpte_to_gfn, protect_clean_gpte } from '../gpte.ts';
import { isTableSpte, make_nonleaf_spte, NO_SPTE, spte_to_child_sp } from '../spte.ts';
import { oweLink } from '../tlb/flush.ts';
import { alloc_shadow_page, find_shadow_page } from './find.ts';
import { isBefore, proceed } from './lock.ts';
import { kvm_mmu_child_role, readGuest, roleWord, sptepOf, warn } from './mmu-page.ts';
import { prepare_mmu_set_spte, store_mmu_set_spte, type Mapping } from './spte.ts';
import { startSync } from './sync.ts';
import { kvm_unsync_pages, mark_unsync } from './unsync.ts';
import { drop_parent_pte, isCommitDue } from './zap.ts';

export const kindNames: readonly AccessKind[] = ['ur', 'uw', 'ux', 'sr', 'sw', 'sx'];
export const kindOf = (vcpu: VcpuView): AccessKind => kindNames[vcpu.insn.kind] ?? 'ur';

/** walker.pt_access: rights accumulated from the root entry down to the entry at `level`. */
export const accessDownTo = (vcpu: VcpuView, level: number): number => {
  let access = ACC_ALL;
  for (let l = vcpu.walker.ptes.length; l >= level; l -= 1) {
    access &= gpte_access(vcpu.walker.ptes.get(l - 1));
  }
  return access;
};

/** walker.pte_access: the rights of the whole walk; no write through a clean entry. */
export const pteAccess = (vcpu: VcpuView): number =>
  protect_clean_gpte(accessDownTo(vcpu, 1), vcpu.walker.ptes.get(0));

/**
 * The rights that the fault maps. With CR0.WP clear a supervisor write to a read-only page gets a
 * writable supervisor mapping, since hardware runs with CR0.WP set.
 */
const mappedAccess = (vcpu: VcpuView): number => {
  const access = pteAccess(vcpu);
  const kind = kindOf(vcpu);
  if (kind !== 'sw' || vcpu.cr0_wp || (access & ACC_WRITE_MASK) !== 0) return access;
  return (access | ACC_WRITE_MASK) & ~ACC_USER_MASK;
};

/** The leaf under construction. */
const mappingOf = (kvm: Kvm, vcpu: VcpuView): Mapping => ({
  sp: kvm.mmu_lock.sp ?? 0,
  index: tableIndex(kvm.geometry, vcpu.insn.va, 1),
  gfn: gpte_to_gfn(vcpu.walker.ptes.get(0)),
  access: mappedAccess(vcpu),
});

/**
 * FNAME(gpte_changed): whether the entry that the walk read at `level` has another value now.
 * Its table is shadowed by then, hence write-protected or unsync.
 */
export const gpte_changed = (kvm: Kvm, v: number, level: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  const top = kvm.geometry.levels;
  const table =
    level === top ? (kvm.geometry.cr3[vcpu.cr3] ?? 0) : gpte_to_gfn(vcpu.walker.ptes.get(level));
  const index = tableIndex(kvm.geometry, vcpu.insn.va, level);
  return readGuest(kvm, table, index) !== vcpu.walker.ptes.get(level - 1);
};

const get_child_sp: ModelTransition = {
  name: 'kvm_mmu_get_child_sp',
  says: 'Keep the child that is linked, or find or create the one for the guest table.',
  source: ['FNAME(fetch)', 'kvm_mmu_get_child_sp()', 'kvm_mmu_find_shadow_page()'],
  over: ['v'],
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'get_child_sp')) return false;
    const { mmu_lock } = kvm;
    const vcpu = kvm.vcpu.at(v);
    const parent = kvm.sp.at(mmu_lock.sp ?? 0);
    const spte = parent.spt.get(tableIndex(kvm.geometry, vcpu.insn.va, mmu_lock.level));
    const gfn = gpte_to_gfn(vcpu.walker.ptes.get(mmu_lock.level - 1));
    parent.write_flooding_count = 0;
    const access = kvm.rules.child_access === 'per-level' ? mmu_lock.level : 2;
    const role = kvm_mmu_child_role(kvm, parent, accessDownTo(vcpu, access));
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
  const found = find_shadow_page(kvm, gfn, role);
  mmu_lock.created = found === null;
  const child = found ?? alloc_shadow_page(kvm, gfn, role);
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

const skipsRecheck = (kvm: Kvm): boolean =>
  kvm.rules.gpte_recheck === 'never' ||
  (kvm.rules.gpte_recheck === 'new-page-only' && !kvm.mmu_lock.created);

const link_shadow_page: ModelTransition = {
  name: 'FNAME(fetch).recheck',
  says:
    'Read the guest entry again in the table just secured; give up when it changed, else link ' +
    'the child or descend.',
  source: ['FNAME(fetch)', 'FNAME(gpte_changed)', '__link_shadow_page()'],
  over: ['v'],
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'link_shadow_page')) return false;
    const { mmu_lock } = kvm;
    const vcpu = kvm.vcpu.at(v);
    if (gpte_changed(kvm, v, mmu_lock.level - 1) && !skipsRecheck(kvm)) {
      proceed(kvm, v, 'enter');
      return true;
    }
    if (!mmu_lock.fresh) {
      descend(kvm, v);
      return true;
    }
    const parent = mmu_lock.sp ?? 0;
    const index = tableIndex(kvm.geometry, vcpu.insn.va, mmu_lock.level);
    const old = kvm.sp.at(parent).spt.get(index);
    if (old === NO_SPTE) {
      storeLink(kvm, v);
      return true;
    }
    if (kvm.rules.link_replace === 'zap-old-child') {
      drop_parent_pte(kvm, spte_to_child_sp(old), sptepOf(kvm, parent, index));
    } else {
      oweLink(kvm);
    }
    proceed(kvm, v, 'store_link', kvm.rules.link_flush === 'flush');
    return true;
  },
};

const store_link: ModelTransition = {
  name: '__link_shadow_page',
  says: 'Store the table entry that leads to the child, after the old one was flushed.',
  source: ['__link_shadow_page()'],
  over: ['v'],
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'store_link')) return false;
    storeLink(kvm, v);
    return true;
  },
};

const storeLink = (kvm: Kvm, v: number): void => {
  const { mmu_lock } = kvm;
  const parent = mmu_lock.sp ?? 0;
  const child = mmu_lock.child ?? 0;
  const index = tableIndex(kvm.geometry, kvm.vcpu.at(v).insn.va, mmu_lock.level);
  const page = kvm.sp.at(child);
  kvm.sp.at(parent).spt.set(index, make_nonleaf_spte(child));
  page.parent_ptes.add(sptepOf(kvm, parent, index));
  if (page.unsync_children > 0 && kvm.rules.link_unsync_children === 'sync') {
    warn(kvm, 'linked-with-unsync-children');
  }
  if ((page.unsync || page.unsync_children > 0) && kvm.rules.link_mark_unsync === 'mark') {
    mark_unsync(kvm, sptepOf(kvm, parent, index));
  }
  descend(kvm, v);
};

/** shadow_walk_next(): the child becomes the table to work on. */
const descend = (kvm: Kvm, v: number): void => {
  const { mmu_lock } = kvm;
  mmu_lock.level -= 1;
  mmu_lock.sp = mmu_lock.child;
  mmu_lock.child = null;
  mmu_lock.fresh = false;
  mmu_lock.created = false;
  kvm.vcpu.at(v).pc = mmu_lock.level > 1 ? 'get_child_sp' : 'make_spte';
};

const make_leaf: ModelTransition = {
  name: 'mmu_try_to_unsync_pages',
  says:
    'Drop a leaf of another frame, then decide on the write right: make the shadow pages of the ' +
    'gfn unsync, or map it read-only.',
  source: ['mmu_set_spte()', 'make_spte()', 'mmu_try_to_unsync_pages()'],
  over: ['v'],
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'make_spte')) return false;
    prepare_mmu_set_spte(kvm, mappingOf(kvm, kvm.vcpu.at(v)));
    kvm.vcpu.at(v).pc = 'store_spte';
    return true;
  },
};

const store_leaf: ModelTransition = {
  name: 'mmu_set_spte',
  says: 'Store the leaf, file it in the rmap and finish the fault.',
  source: ['mmu_set_spte()', 'rmap_add()', 'kvm_mmu_page_set_access()'],
  over: ['v'],
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'store_spte')) return false;
    const m = mappingOf(kvm, kvm.vcpu.at(v));
    store_mmu_set_spte(kvm, m);
    const writable = (m.access & ACC_WRITE_MASK) !== 0 && !kvm.mmu_lock.wrprot;
    if (writable && kvm.rules.unsync_order === 'after-writable') {
      kvm.vcpu.at(v).pc = 'mark_unsync_late';
    } else {
      finishFault(kvm, v);
    }
    return true;
  },
};

const mark_unsync_late: ModelTransition = {
  name: 'mmu_try_to_unsync_pages.late',
  says: 'Mark the shadow pages of the gfn unsync after the writable leaf was stored (a mutant).',
  source: ['mmu_try_to_unsync_pages()'],
  over: ['v'],
  needs: ({ rules }) => rules.unsync_order === 'after-writable',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'mark_unsync_late')) return false;
    kvm_unsync_pages(kvm, mappingOf(kvm, kvm.vcpu.at(v)).gfn);
    finishFault(kvm, v);
    return true;
  },
};

/** RET_PF_WRITE_PROTECTED goes to the emulator, everything else back to the guest. */
const finishFault = (kvm: Kvm, v: number): void => {
  const kind = kindOf(kvm.vcpu.at(v));
  const emulate = kvm.mmu_lock.wrprot && kind.endsWith('w') && permits(ACC_ALL, kind, true);
  proceed(kvm, v, emulate ? 'emulate_write' : 'enter');
};

export const fetchTransitions: readonly ModelTransition[] = [
  get_child_sp,
  link_shadow_page,
  store_link,
  make_leaf,
  store_leaf,
  mark_unsync_late,
];
