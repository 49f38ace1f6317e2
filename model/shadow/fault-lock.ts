/**
 * Where a fault takes mmu_lock: with full caches, with room for pages, and only if nothing that it
 * relies on has changed since it began.
 *
 * Kernel: FNAME(page_fault), is_page_fault_stale(), mmu_invalidate_retry_gfn().
 *
 * Cuts: taking the lock together with zapping to make room; the flush and the freeing of what was
 * zapped. Filling the caches is part of the first: nobody else sees them.
 */
import { rootLevel } from '../geometry.ts';
import type { Kvm, VcpuView } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { isBeingInvalidated } from '../host/invalidation.ts';
import { isWrite } from '../access.ts';
import { kvm_mmu_hugepage_adjust } from './huge.ts';
import { enterLevel } from './link.ts';
import { goTo, isBefore, isBeforeLocking, lock, proceed } from './lock.ts';
import { mmu_topup_memory_caches } from './memory-cache.ts';
import { isValid, sp_has_gptes } from './mmu-page.ts';
import { hasRoom, makeRoom } from './quota.ts';
import { gpte_changed, kindOf, walkedGfn } from './walker.ts';
import { isCommitDue, kvm_mmu_prepare_zap_page } from './zap.ts';

/** The first part of is_page_fault_stale(): whether the root was zapped, or is about to be. */
const isStaleRoot = (kvm: Kvm, root: number): boolean => {
  const page = kvm.sp.at(root);
  return page.role.invalid || (page.obsolete && kvm.rules.stale_root_check === 'checked');
};

/** mmu_invalidate_retry_gfn(): whether the notifier runs over the gfn, or has run since. */
const mmu_invalidate_retry_gfn = (kvm: Kvm, vcpu: VcpuView): boolean => {
  if (kvm.rules.notifier_retry === 'skipped' || vcpu.fault.slot === 'none') return false;
  if (isBeingInvalidated(kvm, walkedGfn(kvm, vcpu))) return true;
  return vcpu.fault.mmu_seq !== kvm.mmu_notifier.mmu_invalidate_seq;
};

const lock_page_fault: ModelTransition = {
  name: 'FNAME(page_fault)',
  says:
    'Fill the memory caches, take mmu_lock and make room for pages; give up when the root was ' +
    'zapped or the top entry changed since the walk, else start the walk over the shadow page ' +
    'table.',
  source: ['FNAME(page_fault)', 'is_page_fault_stale()', 'FNAME(fetch)'],
  over: ['v'],
  at: 'lock_page_fault',
  step: (kvm, v) => {
    if (kvm.vcpu.at(v).cr0_pg_clear || !isBeforeLocking(kvm, v, 'lock_page_fault')) return false;
    lockPageFault(kvm, v);
    return true;
  },
};

/** With full caches, takes mmu_lock, makes room and looks whether the fault is stale. */
export const lockPageFault = (kvm: Kvm, v: number): void => {
  mmu_topup_memory_caches(kvm, kvm.vcpu.at(v));
  lock(kvm, v);
  if (isCheckedBefore(kvm) && isFaultStale(kvm, v)) {
    proceed(kvm, v, 'enter');
    return;
  }
  if (kvm.rules.fault_quota !== 'none') makeRoom(kvm);
  if (kvm.rules.own_table_fault === 'zapped-first') zapTarget(kvm, v);
  if (isCommitDue(kvm)) proceed(kvm, v, 'check_stale', true);
  else checkStale(kvm, v);
};

/** Whether the level is decided on before the tables on the way are shadowed. */
const isLevelChosenFirst = (kvm: Kvm, v: number): boolean =>
  kvm.rules.own_table_fault === 'zapped-first' && isWrite(kindOf(kvm.vcpu.at(v)));

/** kvm_mmu_unprotect_page_virt() of 2012: no shadow page of the target is left. */
const zapTarget = (kvm: Kvm, v: number): void => {
  if (!isLevelChosenFirst(kvm, v)) return;
  const gfn = walkedGfn(kvm, kvm.vcpu.at(v));
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn !== gfn || !isValid(page) || !sp_has_gptes(page)) continue;
    kvm_mmu_prepare_zap_page(kvm, sp);
  }
};

/** Before CVE-2026-64561 a fault checked first and made room then. */
const isCheckedBefore = (kvm: Kvm): boolean => kvm.rules.fault_quota === 'after-stale-check';

/** is_page_fault_stale(), and the entry of the root that the walk began with. */
const isFaultStale = (kvm: Kvm, v: number): boolean => {
  const { root } = kvm.vcpu.at(v);
  const stale = root === null || isStaleRoot(kvm, root);
  const changed = gpte_changed(kvm, v, kvm.geometry.levels) && kvm.rules.gpte_recheck !== 'never';
  const retry = mmu_invalidate_retry_gfn(kvm, kvm.vcpu.at(v));
  const givesUp = stale && kvm.rules.stale_root_check !== 'skipped';
  return givesUp || retry || changed;
};

/** With room for pages and nothing stale, the start of FNAME(fetch) or direct_map(). */
const checkStale = (kvm: Kvm, v: number): void => {
  const { root } = kvm.vcpu.at(v);
  const noRoom = kvm.rules.fault_quota !== 'none' && !hasRoom(kvm);
  if (noRoom || (!isCheckedBefore(kvm) && isFaultStale(kvm, v))) {
    proceed(kvm, v, 'enter');
    return;
  }
  kvm.mmu_lock.level = rootLevel(kvm.geometry);
  kvm.mmu_lock.sp = root;
  if (isLevelChosenFirst(kvm, v)) kvm_mmu_hugepage_adjust(kvm, kvm.vcpu.at(v));
  enterLevel(kvm, v);
};

const check_stale: ModelTransition = {
  name: 'is_page_fault_stale',
  says:
    'After pages were zapped to make room and freed: give up without room, or when the root was ' +
    'zapped, else start the walk over the shadow page table.',
  source: ['make_mmu_pages_available()', 'is_page_fault_stale()', 'FNAME(fetch)'],
  over: ['v'],
  at: 'check_stale',
  needs: ({ geometry, rules }) =>
    geometry.quota !== null || rules.own_table_fault === 'zapped-first',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'check_stale')) return false;
    checkStale(kvm, v);
    return true;
  },
};

const topup_fails: ModelTransition = {
  name: 'mmu_topup_memory_caches.fail',
  says: 'A memory cache cannot be filled: the fault is given up, before mmu_lock is taken.',
  source: ['mmu_topup_memory_caches()', '__kvm_mmu_topup_memory_cache()'],
  over: ['v'],
  at: 'lock_page_fault',
  needs: ({ workload }) => workload.budget.alloc_failure > 0,
  sure: never,
  step: (kvm, v) => {
    if (kvm.budget.alloc_failure === 0 || !isBefore(kvm, v, 'lock_page_fault')) return false;
    kvm.budget.alloc_failure -= 1;
    goTo(kvm.vcpu.at(v), 'enter');
    return true;
  },
};

export const faultLockTransitions: readonly ModelTransition[] = [
  lock_page_fault,
  check_stale,
  topup_fails,
];
