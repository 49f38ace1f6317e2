/**
 * The host moves a guest frame to another host frame, and tells KVM by the MMU notifier.
 *
 * Kernel: kvm_mmu_notifier_invalidate_range_start(), kvm_unmap_gfn_range(),
 * kvm_mmu_notifier_invalidate_range_end(). Actor: `mm`.
 *
 * Cuts: zapping under mmu_lock; the flush, with which the lock is dropped; the change of the
 * host's page table, allowed between start and end only; the end.
 *
 * Abstracts: ranges of several frames and nested invalidations. Frames that hold guest page tables
 * stay where they are. An old frame is free as soon as no guest frame is behind it.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { lowestBit } from '../bits.ts';
import { isUnlocked, mayRun } from '../shadow/lock.ts';
import { spte_index, sptep_to_sp } from '../shadow/mmu-page.ts';
import { drop_spte, rmapKey } from '../shadow/rmap.ts';
import { kvm_flush_remote_tlbs } from '../tlb/flush.ts';

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
    budget.notifier -= 1;
    mmu_notifier.gfn = gfn;
    mmu_notifier.mmu_invalidate_in_progress = true;
    const at4k = zapChain(kvm, gfn);
    const zapped = zapChain(kvm, rmapKey(kvm, gfn, 2)) || at4k;
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
    if (kvm.mmu_notifier.pc !== 'flush') return false;
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
    kvm.host_pfn.set(kvm.mmu_notifier.gfn, pfn);
    kvm.mmu_notifier.pc = 'moved';
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
  invalidate_range_end,
];
