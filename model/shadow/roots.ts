/**
 * Roots: loading and syncing them, and what a vCPU does before it enters the guest.
 *
 * Kernel: vcpu_enter_guest(), kvm_mmu_load(), kvm_mmu_sync_roots(), kvm_mmu_sync_prev_roots(),
 * kvm_mmu_free_obsolete_roots(). Caching roots and giving them back is in `root-cache.ts`.
 *
 * Abstracts: requests that no operation of this machine makes.
 */
import type { Kvm, MmuPageView, VcpuView } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { hasGuestFlush } from '../layout/vcpu.ts';
import { flushLocal, mayFlush } from '../tlb/flush.ts';
import { kvm_mmu_alloc_shadow_page, kvm_mmu_find_shadow_page } from './find.ts';
import { goTo, isBefore, isBeforeLocking, isUnlocked, lock, proceed } from './lock.ts';
import { is_obsolete_sp, rootGfn, rootRole } from './mmu-page.ts';
import { mmu_topup_memory_caches } from './memory-cache.ts';
import { vcpu_clear_mmio_info } from './mmio-info.ts';
import { hasRoom, makeRoom } from './quota.ts';
import { freePrevRoots, mmu_free_root_page } from './root-cache.ts';
import { isCommitDue } from './zap.ts';

const isUnsyncRoot = (page: MmuPageView): boolean => page.unsync || page.unsync_children > 0;

/** Whether cached roots have to be looked at, or given back, before the guest runs on. */
const isGuestFlushDue = ({ request_flush_guest, roots_to_free }: VcpuView): boolean =>
  request_flush_guest || roots_to_free.bits !== 0;

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
    if (isGuestFlushDue(vcpu)) return false;
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
    if (isUnsyncRoot(root)) vcpu.pc = 'sync_roots';
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

const sync_prev_roots: ModelTransition = {
  name: 'kvm_mmu_sync_prev_roots',
  says:
    'Serve a flush of all that the guest may have cached: after the current root, read without ' +
    'mmu_lock which cached roots are unsync below.',
  source: ['kvm_vcpu_flush_tlb_guest()', 'kvm_mmu_sync_prev_roots()', 'is_unsync_root()'],
  over: ['v'],
  at: 'enter',
  needs: hasGuestFlush,
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (!vcpu.request_flush_guest || vcpu.request_free_obsolete_roots) return false;
    const syncs = vcpu.request_sync && vcpu.root !== null;
    if (syncs || !isBefore(kvm, v, 'enter')) return false;
    vcpu.request_flush_guest = false;
    if (kvm.rules.guest_flush_roots === 'kept') return true;
    for (let i = 0; i < vcpu.prev_root.length; i += 1) {
      const { sp } = vcpu.prev_root.at(i);
      if (sp !== null && isUnsyncRoot(kvm.sp.at(sp))) vcpu.roots_to_free.add(i);
    }
    return true;
  },
};

const free_prev_roots: ModelTransition = {
  name: 'kvm_mmu_sync_prev_roots.free',
  says: 'Give back the cached roots that were found unsync: whoever loads them again syncs them.',
  source: ['kvm_mmu_sync_prev_roots()', 'kvm_mmu_free_roots()'],
  over: ['v'],
  at: 'enter',
  needs: hasGuestFlush,
  step: (kvm, v) => {
    const { roots_to_free } = kvm.vcpu.at(v);
    if (roots_to_free.bits === 0 || !isBeforeLocking(kvm, v, 'enter')) return false;
    if (!mayFlush(kvm, v)) return false;
    freePrevRoots(kvm, v, (_cr3, number) => roots_to_free.has(number));
    roots_to_free.bits = 0;
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
    if (vcpu.request_sync || isGuestFlushDue(vcpu) || !isBefore(kvm, v, 'enter')) return false;
    if (vcpu.request_flush_current) flushLocal(kvm, v);
    vcpu.request_flush_current = false;
    vcpu.ghost_invalidating = false;
    vcpu.srcu_awaited = false;
    goTo(vcpu, 'guest');
    return true;
  },
};

export const rootTransitions: readonly ModelTransition[] = [
  free_obsolete_roots,
  load,
  alloc_root,
  assign_root,
  is_unsync_root,
  sync_roots,
  sync_prev_roots,
  free_prev_roots,
  enter_guest,
];
