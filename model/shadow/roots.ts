/**
 * Roots: loading, caching, giving back, and what a vCPU does before it enters the guest.
 *
 * Kernel: vcpu_enter_guest(), kvm_mmu_load(), kvm_mmu_sync_roots(), kvm_mmu_new_pgd(),
 * kvm_mmu_free_roots(), kvm_mmu_free_obsolete_roots(), kvm_mmu_reset_context().
 *
 * Abstracts: requests that no operation of this machine makes.
 */
import { assertModel } from '../../src/engine/machine/index.ts';
import type { Kvm } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { flushLocal } from '../tlb/flush.ts';
import { kvm_mmu_alloc_shadow_page, kvm_mmu_find_shadow_page } from './find.ts';
import { goTo, isBefore, isBeforeLocking, isUnlocked, lock, proceed } from './lock.ts';
import { is_obsolete_sp, rootGfn, rootRole, roleWord } from './mmu-page.ts';
import { mmu_topup_memory_caches } from './memory-cache.ts';
import { vcpu_clear_mmio_info } from './mmio-info.ts';
import { hasRoom, makeRoom } from './quota.ts';
import { isCommitDue, kvm_mmu_commit_zap_page, kvm_mmu_prepare_zap_page } from './zap.ts';

/** mmu_free_root_page(): an invalid root that nobody holds any more is zapped for good. */
export const mmu_free_root_page = (kvm: Kvm, sp: number): void => {
  const page = kvm.sp.at(sp);
  assertModel(page.root_count > 0, 'a root that is given back was counted');
  page.root_count -= 1;
  if (page.root_count === 0 && page.role.invalid) kvm_mmu_prepare_zap_page(kvm, sp);
};

const isObsoleteRoot = (kvm: Kvm, sp: number | null): boolean =>
  sp !== null && is_obsolete_sp(kvm.sp.at(sp));

const holdsObsoleteRoot = (kvm: Kvm, v: number): boolean => {
  const { root, prev_root } = kvm.vcpu.at(v);
  if (isObsoleteRoot(kvm, root)) return true;
  for (let i = 0; i < prev_root.length; i += 1) {
    if (isObsoleteRoot(kvm, prev_root.at(i).sp)) return true;
  }
  return false;
};

const free_obsolete_roots: ModelTransition = {
  name: 'kvm_mmu_free_obsolete_roots',
  says: 'Serve the request to give back roots that were zapped.',
  source: ['kvm_mmu_free_obsolete_roots()', 'vcpu_enter_guest()'],
  over: ['v'],
  at: 'enter',
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (!vcpu.request_free_obsolete_roots || !isBefore(kvm, v, 'enter')) return false;
    const freesAny = holdsObsoleteRoot(kvm, v);
    if (freesAny && !isUnlocked(kvm)) return false;
    vcpu.request_free_obsolete_roots = false;
    if (!freesAny) return true;
    lock(kvm, v);
    if (vcpu.root !== null && isObsoleteRoot(kvm, vcpu.root)) {
      mmu_free_root_page(kvm, vcpu.root);
      vcpu.root = null;
    }
    for (let i = 0; i < vcpu.prev_root.length; i += 1) {
      const cached = vcpu.prev_root.at(i);
      if (cached.sp === null || !isObsoleteRoot(kvm, cached.sp)) continue;
      mmu_free_root_page(kvm, cached.sp);
      cached.sp = null;
      cached.cr3 = 0;
    }
    proceed(kvm, v, 'enter', isCommitDue(kvm));
    return true;
  },
};

const load: ModelTransition = {
  name: 'kvm_mmu_load',
  says: 'Find or create the root for CR3 and the role; its table becomes write-protected.',
  source: ['kvm_mmu_load()', 'mmu_alloc_root()', 'kvm_mmu_get_shadow_page()'],
  over: ['v'],
  at: 'enter',
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.request_free_obsolete_roots || vcpu.root !== null) return false;
    if (!isBeforeLocking(kvm, v, 'enter')) return false;
    if (kvm.rules.cache_topup === 'faults-and-roots') mmu_topup_memory_caches(kvm, vcpu);
    lock(kvm, v);
    if (kvm.rules.load_quota === 'make-room') makeRoom(kvm);
    if (isCommitDue(kvm)) proceed(kvm, v, 'alloc_root', true);
    else allocRoot(kvm, v);
    return true;
  },
};

/** mmu_alloc_root() up to holding it: with no room left the vCPU stays without a root. */
const allocRoot = (kvm: Kvm, v: number): void => {
  if (kvm.rules.load_quota === 'make-room' && !hasRoom(kvm)) {
    proceed(kvm, v, 'enter');
    return;
  }
  const gfn = rootGfn(kvm, v);
  const role = rootRole(kvm, v);
  const found = kvm_mmu_find_shadow_page(kvm, gfn, role);
  kvm.mmu_lock.child = found ?? kvm_mmu_alloc_shadow_page(kvm, gfn, role);
  proceed(kvm, v, 'assign_root', kvm.mmu_lock.flush || isCommitDue(kvm));
};

const alloc_root: ModelTransition = {
  name: 'kvm_mmu_load.after_making_room',
  says: 'After pages were zapped to make room and freed: find or create the root.',
  source: ['mmu_alloc_shadow_roots()', 'make_mmu_pages_available()'],
  over: ['v'],
  at: 'alloc_root',
  needs: ({ geometry }) => geometry.quota !== null,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'alloc_root')) return false;
    allocRoot(kvm, v);
    return true;
  },
};

const assign_root: ModelTransition = {
  name: 'mmu_alloc_root',
  says: 'Hold the root, unlock, and ask for a sync and a local flush before the guest runs on it.',
  source: ['mmu_alloc_root()', 'kvm_mmu_load()'],
  over: ['v'],
  at: 'assign_root',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'assign_root')) return false;
    const vcpu = kvm.vcpu.at(v);
    const root = kvm.mmu_lock.child ?? 0;
    kvm.sp.at(root).root_count += 1;
    vcpu.root = root;
    // kvm_mmu_sync_roots() has nothing to do for a direct MMU.
    vcpu.request_sync = kvm.rules.load_sync === 'sync' && !vcpu.cr0_pg_clear;
    vcpu.request_flush_current = kvm.rules.load_flush === 'flush';
    proceed(kvm, v, 'enter');
    return true;
  },
};

const is_unsync_root: ModelTransition = {
  name: 'is_unsync_root',
  says: 'Read without mmu_lock whether anything below the root is unsync.',
  source: ['is_unsync_root()', 'kvm_mmu_sync_roots()'],
  over: ['v'],
  at: 'enter',
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.request_free_obsolete_roots || !vcpu.request_sync || vcpu.root === null) return false;
    if (!isBefore(kvm, v, 'enter')) return false;
    const root = kvm.sp.at(vcpu.root);
    vcpu.request_sync = false;
    vcpu_clear_mmio_info(vcpu);
    if (root.unsync || root.unsync_children > 0) vcpu.pc = 'sync_roots';
    return true;
  },
};

const sync_roots: ModelTransition = {
  name: 'kvm_mmu_sync_roots',
  says: 'Take mmu_lock to sync everything below the root.',
  source: ['kvm_mmu_sync_roots()', 'mmu_sync_children()'],
  over: ['v'],
  at: 'sync_roots',
  step: (kvm, v) => {
    if (!isBeforeLocking(kvm, v, 'sync_roots')) return false;
    lock(kvm, v);
    kvm.mmu_lock.sync_parent = kvm.vcpu.at(v).root;
    kvm.mmu_lock.after_sync = 'enter';
    kvm.vcpu.at(v).pc = 'sync_children';
    return true;
  },
};

const enter_guest: ModelTransition = {
  name: 'vcpu_enter_guest',
  says: 'With no request left and a root loaded, flush if asked to and run guest code.',
  source: ['vcpu_enter_guest()'],
  over: ['v'],
  at: 'enter',
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.request_free_obsolete_roots || vcpu.root === null) return false;
    if (vcpu.request_sync || !isBefore(kvm, v, 'enter')) return false;
    if (vcpu.request_flush_current) flushLocal(kvm, v);
    vcpu.request_flush_current = false;
    vcpu.ghost_invalidating = false;
    vcpu.srcu_awaited = false;
    goTo(vcpu, 'guest');
    return true;
  },
};

/** Whether MOV CR3 to `cr3` pushes a root out of the cache, which takes mmu_lock. */
export const switchGivesRootBack = (kvm: Kvm, v: number, cr3: number): boolean => {
  const { root, prev_root } = kvm.vcpu.at(v);
  if (isRootUsable(kvm, v, root, cr3)) return false;
  for (let i = 0; i < prev_root.length; i += 1) {
    const cached = prev_root.at(i);
    if (cached.cr3 === cr3 && isRootUsable(kvm, v, cached.sp, cr3)) return false;
  }
  const oldest = prev_root.length === 0 ? root : prev_root.at(prev_root.length - 1).sp;
  return oldest !== null;
};

/**
 * fast_pgd_switch(): rotate through the cached roots until one fits CR3 and role. The one pushed
 * out at the end is given back. Takes mmu_lock only for that.
 */
export const kvm_mmu_new_pgd = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  let hit = isRootUsable(kvm, v, vcpu.root, vcpu.cr3);
  for (let i = 0; i < vcpu.prev_root.length && !hit; i += 1) hit = swapRoot(kvm, v, i);
  if (hit) vcpu_clear_mmio_info(vcpu);
  if (hit && vcpu.root !== null) kvm.sp.at(vcpu.root).write_flooding_count = 0;
  else if (kvm.rules.cr3_root_count === 'paired') freeRoot(kvm, v);
  else vcpu.root = null;
};

/** Whether a cached root serves `cr3` in the role that the vCPU needs now. */
const isRootUsable = (kvm: Kvm, v: number, sp: number | null, cr3: number): boolean => {
  if (sp === null) return false;
  const page = kvm.sp.at(sp);
  if (page.role.invalid || page.gfn !== (kvm.geometry.cr3[cr3] ?? 0)) return false;
  return roleWord(page.role) === rootRole(kvm, v);
};

/** Swaps the current root with a cached one; returns whether the new current one fits. */
const swapRoot = (kvm: Kvm, v: number, i: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  const cached = vcpu.prev_root.at(i);
  const { sp } = cached;
  cached.sp = vcpu.root;
  cached.cr3 = vcpu.root === null ? 0 : cr3OfRoot(kvm, vcpu.root);
  vcpu.root = sp;
  return isRootUsable(kvm, v, sp, vcpu.cr3);
};

/** root.pgd of the root that the vCPU held until now. */
const cr3OfRoot = (kvm: Kvm, sp: number): number =>
  Math.max(0, kvm.geometry.cr3.indexOf(kvm.sp.at(sp).gfn));

/** kvm_mmu_free_roots(KVM_MMU_ROOT_CURRENT) */
const freeRoot = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (vcpu.root !== null) {
    mmu_free_root_page(kvm, vcpu.root);
    kvm_mmu_commit_zap_page(kvm);
  }
  vcpu.root = null;
};

/** kvm_mmu_reset_context(): all roots of the vCPU are given back, since the role changed. */
export const kvm_mmu_reset_context = (kvm: Kvm, v: number): void => {
  freeRoot(kvm, v);
  freePrevRoots(kvm, v, () => true);
};

/** kvm_mmu_free_roots(KVM_MMU_ROOT_PREVIOUS()): the cached roots for these values of CR3. */
export const freePrevRoots = (kvm: Kvm, v: number, test: (cr3: number) => boolean): void => {
  const { prev_root } = kvm.vcpu.at(v);
  for (let i = 0; i < prev_root.length; i += 1) {
    const cached = prev_root.at(i);
    if (!test(cached.cr3)) continue;
    if (cached.sp !== null) {
      mmu_free_root_page(kvm, cached.sp);
      kvm_mmu_commit_zap_page(kvm);
    }
    cached.sp = null;
    cached.cr3 = 0;
  }
};

export const rootTransitions: readonly ModelTransition[] = [
  free_obsolete_roots,
  load,
  alloc_root,
  assign_root,
  is_unsync_root,
  sync_roots,
  enter_guest,
];
