/**
 * The host moves guest frames to other host frames, and tells KVM by the MMU notifier.
 *
 * Kernel: kvm_mmu_notifier_invalidate_range_start(), kvm_unmap_gfn_range(),
 * kvm_mmu_notifier_invalidate_range_end(). Actor: `mm`, of which there may be several threads.
 *
 * Cuts: zapping under mmu_lock; the flush, with which the lock is dropped; each change of the
 * host's page table, allowed between start and end only; the end.
 *
 * A leaf of the host above 4K is announced as a whole, which is the contract of the primary MMU. A
 * call takes mmu_lock and counts only when its range is in some slot.
 *
 * Abstracts: moving a huge leaf; breaks of mmu_lock within a range, before which it flushes. Frames
 * that hold guest page tables stay where they are. An old frame is free as soon as no guest frame
 * is behind it.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { lowestBit, withoutLowest } from '../bits.ts';
import { hasNotifier } from '../config.ts';
import { addressSpaces, alignedGfn, pagesPerLeaf, PG_LEVEL_4K } from '../geometry.ts';
import {
  announcedRange,
  kvm_mmu_invalidate_begin,
  kvm_mmu_invalidate_end,
  rangeInSlots,
  type GfnRange,
} from './invalidation.ts';
import { isUnlocked, mayRun } from '../shadow/lock.ts';
import { pfnOf, spte_index, sptep_to_sp } from '../shadow/mmu-page.ts';
import { ofReadOnlyFrame } from '../spte.ts';
import { forgetWrites, isCopyAwaited, isHostReadOnly } from './frames.ts';
import { drop_spte } from '../shadow/rmap.ts';
import { rmapKey } from '../shadow/rmap-key.ts';
import { flushFrame, kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';

const needs: ModelTransition['needs'] = hasNotifier;

/** kvm_unmap_gfn_range() on one chain: every leaf in it goes. */
const zapChain = (kvm: Kvm, key: number): boolean => {
  if (key >= kvm.rmap.length) return false;
  const chain = kvm.rmap.at(key);
  const any = chain.bits !== 0;
  for (let rest = chain.bits; rest !== 0; rest = chain.bits) {
    const sptep = lowestBit(rest);
    drop_spte(kvm, sptep_to_sp(kvm, sptep), spte_index(kvm, sptep));
    // A mutant may leave the entry in the chain.
    if (chain.has(sptep)) break;
  }
  return any;
};

/** kvm_unmap_gfn_range() in the slots of all address spaces: whether anything was mapped. */
export const kvm_unmap_gfn_range = (kvm: Kvm, range: GfnRange): boolean => {
  const spaces = kvm.rules.notifier_spaces === 'every' ? addressSpaces(kvm.geometry) : 1;
  let zapped = false;
  for (let as_id = 0; as_id < spaces; as_id += 1) {
    if (unmapInSpace(kvm, range, as_id)) zapped = true;
  }
  return zapped;
};

const unmapInSpace = (kvm: Kvm, { start, end }: GfnRange, as_id: number): boolean => {
  const max = kvm.rules.notifier_unmap === '4k-only' ? PG_LEVEL_4K : kvm.geometry.levels;
  let zapped = false;
  for (let gfn = start; gfn < end; gfn += 1) {
    for (let level = PG_LEVEL_4K; level <= max; level += 1) {
      if (zapChain(kvm, rmapKey(kvm, gfn, level, as_id))) zapped = true;
    }
  }
  return zapped;
};

/** Whether the thread `call` invalidates a range that begins at `gfn`. */
const isItsRange = (kvm: Kvm, gfn: number, call: number): boolean => {
  const { host_level, invalidations, tables } = kvm.geometry;
  const own = invalidations[call];
  if (own !== undefined) return own.gfn === gfn;
  const announced = kvm.rules.notifier_range === 'whole-leaf';
  const level = announced ? (host_level[gfn] ?? PG_LEVEL_4K) : PG_LEVEL_4K;
  return gfn >= tables && gfn === alignedGfn(kvm.geometry, gfn, level);
};

const invalidate_range_start: ModelTransition = {
  name: 'kvm_mmu_notifier_invalidate_range_start',
  says: 'Under mmu_lock, announce the invalidation and zap every leaf that maps the range.',
  source: ['kvm_mmu_notifier_invalidate_range_start()', 'kvm_unmap_gfn_range()'],
  actor: 'mm',
  over: ['gfn', 'call'],
  sure: isCopyAwaited,
  needs,
  step: (kvm, gfn, call) => {
    const { mmu_notifier, budget } = kvm;
    const thread = mmu_notifier.calls.at(call);
    const copies = isCopyAwaited(kvm, gfn);
    if (thread.pc !== 'idle' || (budget.notifier === 0 && !copies)) return false;
    if (!isItsRange(kvm, gfn, call) || !mayRun(kvm, -1)) return false;
    const range = rangeInSlots(kvm, announcedRange(kvm, gfn, call));
    if (range !== null && !isUnlocked(kvm)) return false;
    if (!copies) budget.notifier -= 1;
    thread.gfn = gfn;
    mmu_notifier.mn_active_invalidate_count += 1;
    thread.pc = 'started';
    if (range === null) return true;
    thread.ghost_counted = true;
    kvm_mmu_invalidate_begin(kvm, range);
    const flush = kvm.rules.change_pte === 'gone' && kvm_unmap_gfn_range(kvm, range);
    if (flush && kvm.rules.notifier_flush === 'before-return') thread.pc = 'flush';
    return true;
  },
};

const flush: ModelTransition = {
  name: 'kvm_mmu_notifier_invalidate_range_start.flush',
  says: 'Flush what was zapped, drop mmu_lock and return: the host may change its page table.',
  source: ['kvm_handle_hva_range()', 'kvm_flush_remote_tlbs()'],
  actor: 'mm',
  over: ['call'],
  needs,
  step: (kvm, call) => {
    if (kvm.mmu_notifier.calls.at(call).pc !== 'flush' || !mayFlush(kvm, -1)) return false;
    const thread = kvm.mmu_notifier.calls.at(call);
    if (kvm.rules.notifier_flush_range === 'one-page') flushFrame(kvm, pfnOf(kvm, thread.gfn));
    else kvm_flush_remote_tlbs(kvm);
    thread.pc = 'started';
    return true;
  },
};

const isBehindSomeGfn = (kvm: Kvm, pfn: number): boolean => {
  for (let gfn = 0; gfn < kvm.host_pfn.length; gfn += 1) {
    if (kvm.host_pfn.get(gfn) === pfn) return true;
  }
  return false;
};

/** Whether the thread may change an entry of the host's page table now; several of a range. */
const mayChange = (kvm: Kvm, call: number): boolean => {
  const { pc } = kvm.mmu_notifier.calls.at(call);
  return (
    pc === 'started' || (pc === 'moved' && (kvm.geometry.invalidations[call]?.npages ?? 1) > 1)
  );
};

const isAnyCopyAwaited = (kvm: Kvm): boolean => {
  for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) if (isCopyAwaited(kvm, gfn)) return true;
  return false;
};

const move: ModelTransition = {
  name: 'hostMovesFrame',
  says: 'The host puts another frame behind the gfn; the old one is free for anybody.',
  source: ['Documentation/virt/kvm/locking.rst', 'mmu_notifier.h'],
  actor: 'mm',
  over: ['pfn', 'call', 'offset'],
  sure: isAnyCopyAwaited,
  needs,
  step: (kvm, pfn, call, offset) => {
    const thread = kvm.mmu_notifier.calls.at(call);
    if (!mayChange(kvm, call) || isBehindSomeGfn(kvm, pfn)) return false;
    if (offset >= (kvm.geometry.invalidations[call]?.npages ?? 1)) return false;
    if ((kvm.geometry.host_level[thread.gfn] ?? 1) > PG_LEVEL_4K) return false;
    forgetWrites(kvm, thread.gfn + offset);
    kvm.host_pfn.set(thread.gfn + offset, pfn);
    // A frame of its own is one that the guest may write.
    if (isHostReadOnly(kvm, thread.gfn + offset)) kvm.host.readonly.delete(thread.gfn + offset);
    thread.pc = 'moved';
    return true;
  },
};

/** Whether every guest frame with this one behind it is mapped read-only. */
const isShareable = (kvm: Kvm, pfn: number): boolean => {
  let found = false;
  for (let gfn = 0; gfn < kvm.geometry.gfns; gfn += 1) {
    if (pfnOf(kvm, gfn) !== pfn) continue;
    if (gfn < kvm.geometry.tables || !isHostReadOnly(kvm, gfn)) return false;
    found = true;
  }
  return found;
};

/** change_pte() of older kernels, which changed a leaf in place. */
const changeLeaves = (kvm: Kvm, gfn: number, pfn: number): void => {
  for (let rest = kvm.rmap.at(gfn).bits; rest !== 0; rest = withoutLowest(rest)) {
    const sptep = lowestBit(rest);
    const { spt } = kvm.sp.at(sptep_to_sp(kvm, sptep));
    const index = spte_index(kvm, sptep);
    spt.set(index, ofReadOnlyFrame(spt.get(index), pfn));
  }
  kvm_flush_remote_tlbs(kvm);
};

const share: ModelTransition = {
  name: 'hostSharesFrame',
  says:
    'The host makes a frame read-only, or puts one behind the gfn that is so already and behind ' +
    'others.',
  source: ['mmu_notifier.h', 'mm/ksm.c'],
  actor: 'mm',
  over: ['pfn', 'call'],
  sure: never,
  needs: ({ workload }) => workload.budget.host_share > 0,
  step: (kvm, pfn, call) => {
    const thread = kvm.mmu_notifier.calls.at(call);
    const { gfn } = thread;
    const own = pfnOf(kvm, gfn) === pfn;
    if (thread.pc !== 'started' || kvm.budget.host_share === 0) return false;
    if ((kvm.geometry.host_level[gfn] ?? 1) > PG_LEVEL_4K) return false;
    if (own ? isHostReadOnly(kvm, gfn) : !isShareable(kvm, pfn)) return false;
    kvm.budget.host_share -= 1;
    forgetWrites(kvm, gfn);
    if (kvm.rules.change_pte !== 'gone') changeLeaves(kvm, gfn, pfn);
    kvm.host_pfn.set(gfn, pfn);
    kvm.host.readonly.add(gfn);
    thread.pc = 'moved';
    return true;
  },
};

const resize: ModelTransition = {
  name: 'hostResizesLeaf',
  says: 'The host splits its huge leaf into small ones over the same frames, or joins them again.',
  source: ['host_pfn_mapping_level()', 'mmu_notifier.h'],
  actor: 'mm',
  over: [],
  needs: ({ workload }) => workload.budget.host_resize > 0,
  sure: never,
  step: (kvm) => {
    const { budget, geometry, host_level } = kvm;
    const thread = kvm.mmu_notifier.calls.at(0);
    const { gfn } = thread;
    const huge = geometry.host_level[gfn] ?? PG_LEVEL_4K;
    if (thread.pc !== 'started' || huge === PG_LEVEL_4K) return false;
    if (budget.host_resize === 0) return false;
    budget.host_resize -= 1;
    const level = host_level.get(gfn) === PG_LEVEL_4K ? huge : PG_LEVEL_4K;
    const base = alignedGfn(geometry, gfn, huge);
    for (let i = 0; i < pagesPerLeaf(geometry, huge); i += 1) host_level.set(base + i, level);
    thread.pc = 'moved';
    return true;
  },
};

const invalidate_range_end: ModelTransition = {
  name: 'kvm_mmu_notifier_invalidate_range_end',
  says: 'Under mmu_lock, advance the sequence, then end the announcement.',
  source: ['kvm_mmu_notifier_invalidate_range_end()', 'kvm_mmu_invalidate_end()'],
  actor: 'mm',
  over: ['call'],
  needs,
  step: (kvm, call) => {
    const { mmu_notifier } = kvm;
    const thread = mmu_notifier.calls.at(call);
    if (thread.pc !== 'started' && thread.pc !== 'moved') return false;
    // Who copies for a vCPU is done when the copy is there.
    if (thread.pc === 'started' && isCopyAwaited(kvm, thread.gfn)) return false;
    const range = rangeInSlots(kvm, announcedRange(kvm, thread.gfn, call));
    if ((range !== null && !isUnlocked(kvm)) || !mayRun(kvm, -1)) return false;
    if (range !== null) kvm_mmu_invalidate_end(kvm);
    for (let { gfn } = thread, { end } = announcedRange(kvm, gfn, call); gfn < end; gfn += 1) {
      forgetWrites(kvm, gfn);
    }
    mmu_notifier.mn_active_invalidate_count -= 1;
    thread.pc = 'idle';
    thread.gfn = 0;
    thread.ghost_counted = false;
    return true;
  },
};

export const notifierTransitions: readonly ModelTransition[] = [
  invalidate_range_start,
  flush,
  move,
  share,
  resize,
  invalidate_range_end,
];
