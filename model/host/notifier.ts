/**
 * The host moves a guest frame to another host frame, and tells KVM by the MMU notifier.
 *
 * Kernel: kvm_mmu_notifier_invalidate_range_start(), kvm_unmap_gfn_range(),
 * kvm_mmu_notifier_invalidate_range_end(). Actor: `mm`.
 *
 * Cuts: zapping under mmu_lock; the flush, with which the lock is dropped; the change of the
 * host's page table, allowed between start and end only; the end.
 *
 * A leaf of the host above 4K is announced as a whole, which is the contract of the primary MMU.
 *
 * Abstracts: other ranges of several frames, nested invalidations, and moving a huge leaf. Frames
 * that hold guest page tables stay where they are. An old frame is free as soon as no guest frame
 * is behind it.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { lowestBit } from '../bits.ts';
import { alignedGfn, pagesPerLeaf, PG_LEVEL_2M, PG_LEVEL_4K } from '../geometry.ts';
import { announcedLevel, rangeEnd } from './invalidation.ts';
import { isUnlocked, mayRun } from '../shadow/lock.ts';
import { spte_index, sptep_to_sp } from '../shadow/mmu-page.ts';
import { drop_spte, rmapKey } from '../shadow/rmap.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';

const needs: ModelTransition['needs'] = ({ workload }) => workload.budget.notifier > 0;

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

const invalidate_range_start: ModelTransition = {
  name: 'kvm_mmu_notifier_invalidate_range_start',
  says: 'Under mmu_lock, announce the invalidation and zap every leaf that maps the gfn.',
  source: ['kvm_mmu_notifier_invalidate_range_start()', 'kvm_unmap_gfn_range()'],
  actor: 'mm',
  over: ['gfn'],
  sure: never,
  needs,
  step: (kvm, gfn) => {
    const { mmu_notifier, budget } = kvm;
    if (mmu_notifier.pc !== 'idle' || budget.notifier === 0 || !isUnlocked(kvm)) return false;
    if (gfn < kvm.geometry.tables || !mayRun(kvm, -1)) return false;
    if (gfn !== alignedGfn(kvm.geometry, gfn, announcedLevel(kvm, gfn))) return false;
    budget.notifier -= 1;
    mmu_notifier.gfn = gfn;
    mmu_notifier.mmu_invalidate_in_progress = true;
    let zapped = false;
    for (let page = gfn; page < rangeEnd(kvm); page += 1) {
      if (zapChain(kvm, page)) zapped = true;
    }
    for (let level = PG_LEVEL_2M; level <= kvm.geometry.levels; level += 1) {
      if (zapChain(kvm, rmapKey(kvm, gfn, level))) zapped = true;
    }
    const flush = zapped && kvm.rules.notifier_flush === 'before-return';
    mmu_notifier.pc = flush ? 'flush' : 'started';
    return true;
  },
};

const flush: ModelTransition = {
  name: 'kvm_mmu_notifier_invalidate_range_start.flush',
  says: 'Flush what was zapped, drop mmu_lock and return: the host may change its page table.',
  source: ['kvm_handle_hva_range()', 'kvm_flush_remote_tlbs()'],
  actor: 'mm',
  over: [],
  needs,
  step: (kvm) => {
    if (kvm.mmu_notifier.pc !== 'flush' || !mayFlush(kvm, -1)) return false;
    kvm_flush_remote_tlbs(kvm);
    kvm.mmu_notifier.pc = 'started';
    return true;
  },
};

const isBehindSomeGfn = (kvm: Kvm, pfn: number): boolean => {
  for (let gfn = 0; gfn < kvm.host_pfn.length; gfn += 1) {
    if (kvm.host_pfn.get(gfn) === pfn) return true;
  }
  return false;
};

const move: ModelTransition = {
  name: 'hostMovesFrame',
  says: 'The host puts another frame behind the gfn; the old one is free for anybody.',
  source: ['Documentation/virt/kvm/locking.rst', 'mmu_notifier.h'],
  actor: 'mm',
  over: ['pfn'],
  sure: never,
  needs,
  step: (kvm, pfn) => {
    if (kvm.mmu_notifier.pc !== 'started' || isBehindSomeGfn(kvm, pfn)) return false;
    if ((kvm.geometry.host_level[kvm.mmu_notifier.gfn] ?? 1) > PG_LEVEL_4K) return false;
    kvm.host_pfn.set(kvm.mmu_notifier.gfn, pfn);
    kvm.mmu_notifier.pc = 'moved';
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
    const { budget, geometry, host_level, mmu_notifier } = kvm;
    const { gfn } = mmu_notifier;
    const huge = geometry.host_level[gfn] ?? PG_LEVEL_4K;
    if (mmu_notifier.pc !== 'started' || huge === PG_LEVEL_4K) return false;
    if (budget.host_resize === 0) return false;
    budget.host_resize -= 1;
    const level = host_level.get(gfn) === PG_LEVEL_4K ? huge : PG_LEVEL_4K;
    const base = alignedGfn(geometry, gfn, huge);
    for (let i = 0; i < pagesPerLeaf(geometry, huge); i += 1) host_level.set(base + i, level);
    mmu_notifier.pc = 'moved';
    return true;
  },
};

const invalidate_range_end: ModelTransition = {
  name: 'kvm_mmu_notifier_invalidate_range_end',
  says: 'Under mmu_lock, advance the sequence, then end the announcement.',
  source: ['kvm_mmu_notifier_invalidate_range_end()', 'kvm_mmu_invalidate_end()'],
  actor: 'mm',
  over: [],
  needs,
  step: (kvm) => {
    const { mmu_notifier } = kvm;
    if (mmu_notifier.pc !== 'started' && mmu_notifier.pc !== 'moved') return false;
    if (!isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    if (kvm.rules.notifier_seq === 'advanced') mmu_notifier.mmu_invalidate_seq += 1;
    mmu_notifier.pc = 'idle';
    if (kvm.rules.notifier_end === 'kept') return true;
    mmu_notifier.mmu_invalidate_in_progress = false;
    mmu_notifier.gfn = 0;
    return true;
  },
};

export const notifierTransitions: readonly ModelTransition[] = [
  invalidate_range_start,
  flush,
  move,
  resize,
  invalidate_range_end,
];
