/**
 * Bringing unsync shadow pages up to date with the guest tables behind them.
 *
 * Kernel: FNAME(sync_spte), kvm_sync_page(), mmu_sync_children(). Lock: mmu_lock for write.
 *
 * Cuts: each entry (one read of the guest entry and one store of the SPTE), each flush. The read
 * and the store of an entry stay together: a guest store that falls between them leaves the same
 * state as one right after, and no vCPU can have invalidated in between without taking mmu_lock.
 *
 * Abstracts: mmu_pages_clear_parents(). Marks of synced pages are cleared by the next pass of the
 * walk, before the function returns; a mark too many costs a walk, never a missed page.
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import type { Kvm, MmuPageView } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import {
  gpte_access,
  gpte_accessed,
  gpte_to_gfn,
  is_present_gpte,
  is_rsvd_bits_set,
  protect_clean_gpte,
} from '../gpte.ts';
import { is_mmio_spte, isHostWritable, isTableSpte, NO_SPTE, spte_to_pfn } from '../spte.ts';
import { mmu_spte_update } from './spte-update.ts';
import { decideWriteProtection, make_spte, markWritable } from './spte.ts';
import { kvm_slot_dirty_track_enabled } from './dirty-log.ts';
import { isBefore, proceed } from './lock.ts';
import { sync_mmio_spte } from './mmio.ts';
import { isCommitDue } from './zap.ts';
import { readGuest, spaceOf } from './mmu-page.ts';
import { drop_spte, kvm_mmu_page_get_access, kvm_mmu_page_get_gfn, protectTable } from './rmap.ts';
import { collectUnsync } from './unsync.ts';

/** FNAME(sync_spte): returns whether the change wants a flush. */
export const sync_spte = (kvm: Kvm, sp: number, index: number): boolean => {
  const page = kvm.sp.at(sp);
  if (page.spt.get(index) === NO_SPTE || isTableSpte(page.spt.get(index))) return false;
  const gpte = readGuest(kvm, page.gfn, index);
  const gfn = gpte_to_gfn(gpte);
  if (is_mmio_spte(page.spt.get(index))) return syncMmio(kvm, page, index, gpte);
  if (isUnusable(kvm, gpte) || gfnChanged(kvm, page, index, gfn)) {
    drop_spte(kvm, sp, index);
    return true;
  }
  const access = protect_clean_gpte(page.role.access & gpte_access(gpte), gpte);
  if (kvm_mmu_page_get_access(page, index) === access) return false;
  if (kvm.rules.sync_access === 'refresh') page.shadowed_access.set(index, access);
  const spte = page.spt.get(index);
  const recorded = kvm_mmu_page_get_gfn(kvm, page, index);
  const host_writable = isHostWritable(spte);
  const log_dirty = kvm_slot_dirty_track_enabled(kvm, recorded);
  const m = { sp, index, gfn: recorded, pfn: spte_to_pfn(spte), access, host_writable, log_dirty };
  const wrprot = decideWriteProtection(kvm, m, spte, true);
  markWritable(kvm, m, wrprot);
  return mmu_spte_update(kvm, sp, index, make_spte(kvm, m, wrprot));
};

const syncMmio = (kvm: Kvm, page: MmuPageView, index: number, gpte: number): boolean => {
  if (isUnusable(kvm, gpte)) {
    page.spt.set(index, NO_SPTE);
    return true;
  }
  const access = protect_clean_gpte(page.role.access & gpte_access(gpte), gpte);
  sync_mmio_spte(kvm, page, index, gpte_to_gfn(gpte), access);
  return false;
};

/** prefetch_invalid_gpte(), in the mode of the vCPU that syncs. */
const isUnusable = (kvm: Kvm, gpte: number): boolean => {
  const { holder } = kvm.mmu_lock;
  const efer_nx = holder === null || !kvm.vcpu.at(holder).efer_nx_clear;
  if (!is_present_gpte(gpte) || is_rsvd_bits_set(gpte, efer_nx)) return true;
  return !gpte_accessed(gpte) && kvm.rules.sync_accessed === 'drop';
};

const gfnChanged = (kvm: Kvm, page: MmuPageView, index: number, gfn: number): boolean =>
  kvm.rules.sync_gfn_change === 'drop' && gfn !== kvm_mmu_page_get_gfn(kvm, page, index);

/** Starts kvm_sync_page() on one page; afterwards the holder goes on at `after_sync`. */
export const startSync = (kvm: Kvm, sp: number): void => {
  kvm.mmu_lock.sync_sp = sp;
  kvm.mmu_lock.sync_index = 0;
};

const syncEntry: ModelTransition = {
  name: 'kvm_sync_page.sync_spte',
  says: 'Compare one entry of the page with the guest entry behind it; drop or rewrite it.',
  source: ['kvm_sync_page()', 'FNAME(sync_spte)'],
  over: ['v'],
  at: 'sync_spte',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'sync_spte')) return false;
    const { mmu_lock } = kvm;
    const sp = mmu_lock.sync_sp ?? 0;
    if (sync_spte(kvm, sp, mmu_lock.sync_index)) mmu_lock.flush = true;
    if (mmu_lock.sync_index + 1 < kvm.geometry.entries) {
      mmu_lock.sync_index += 1;
      return true;
    }
    mmu_lock.sync_index = 0;
    mmu_lock.sync_sp = null;
    if (mmu_lock.sync_parent === null) proceed(kvm, v, mmu_lock.after_sync);
    else nextOfBatch(kvm, v);
    return true;
  },
};

/** The next page of the batch, or another pass over the tree. Flush: kept for the end. */
const nextOfBatch = (kvm: Kvm, v: number): void => {
  const { sync_batch } = kvm.mmu_lock;
  if (sync_batch.bits === 0) {
    if (kvm.rules.sync_passes === 'one') finishSyncChildren(kvm, v);
    else kvm.vcpu.at(v).pc = 'sync_children';
    kvm.mmu_lock.batch_done = kvm.mmu_lock.holder === v;
    return;
  }
  const sp = lowestBit(sync_batch.bits);
  sync_batch.delete(sp);
  // kvm_unlink_unsync_page(): from here on the page counts as in sync.
  if (kvm.rules.sync_unmark === 'cleared') kvm.sp.at(sp).unsync = false;
  startSync(kvm, sp);
  kvm.vcpu.at(v).pc = 'sync_spte';
};

const protectPass: ModelTransition = {
  name: 'mmu_sync_children.protect',
  says:
    'Collect unsync pages below the parent and write-protect the tables of the whole batch; ' +
    'with none left, flush and go on.',
  source: ['mmu_sync_children()', 'mmu_unsync_walk()'],
  over: ['v'],
  at: 'sync_children',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'sync_children')) return false;
    const { mmu_lock } = kvm;
    if (mmu_lock.sync_batch.bits !== 0) {
      nextOfBatch(kvm, v);
      return true;
    }
    mmu_lock.batch_done = false;
    const pages = collectUnsync(kvm, mmu_lock.sync_parent ?? 0);
    if (pages === 0) {
      finishSyncChildren(kvm, v);
      return true;
    }
    mmu_lock.sync_batch.bits = pages;
    if (protectBatch(kvm, pages, spaceOf(kvm.vcpu.at(v)))) {
      mmu_lock.after_flush = 'sync_children';
      kvm.vcpu.at(v).pc = 'flush';
    } else {
      nextOfBatch(kvm, v);
    }
    return true;
  },
};

const yieldStep: ModelTransition = {
  name: 'mmu_sync_children.yield',
  says:
    'Break the lock between two batches: the sync of a root takes it again and goes on, a fault ' +
    'asks for a sync and gives up.',
  source: ['mmu_sync_children()', 'cond_resched_rwlock_write()'],
  over: ['v'],
  at: 'sync_children',
  needs: ({ workload }) => workload.budget.lock_break > 0,
  step: (kvm, v) => {
    const { mmu_lock, budget } = kvm;
    if (!isBefore(kvm, v, 'sync_children') || !mmu_lock.batch_done) return false;
    if (budget.lock_break === 0) return false;
    budget.lock_break -= 1;
    mmu_lock.batch_done = false;
    mmu_lock.sync_parent = null;
    const isRootSync = mmu_lock.after_sync === 'enter';
    if (!isRootSync) kvm.vcpu.at(v).request_sync = true;
    const flush = mmu_lock.flush || isCommitDue(kvm);
    proceed(kvm, v, isRootSync ? 'sync_roots' : 'enter', flush);
    return true;
  },
};

const protectBatch = (kvm: Kvm, pages: number, as_id: number): boolean => {
  if (kvm.rules.sync_protect === 'none') return false;
  let changed = false;
  for (let rest = pages; rest !== 0; rest = withoutLowest(rest)) {
    const { gfn } = kvm.sp.at(lowestBit(rest));
    if (protectTable(kvm, gfn, as_id)) changed = true;
  }
  return changed;
};

const finishSyncChildren = (kvm: Kvm, v: number): void => {
  kvm.mmu_lock.sync_parent = null;
  proceed(kvm, v, kvm.mmu_lock.after_sync, kvm.mmu_lock.flush || isCommitDue(kvm));
};

export const syncTransitions: readonly ModelTransition[] = [protectPass, yieldStep, syncEntry];
