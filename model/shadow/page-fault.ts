/**
 * The page fault up to the point where mmu_lock is taken, and the faults that go to the guest.
 *
 * Kernel: FNAME(page_fault), FNAME(walk_addr), FNAME(update_accessed_dirty_bits),
 * kvm_inject_emulated_page_fault(). What happens once it has mmu_lock is in `fault-lock.ts`.
 *
 * Cuts: each read of a guest entry, each update of its flags. Before the lock nothing that the walk
 * read is to be trusted.
 *
 * Abstracts: the checks of the notifier before mmu_lock is taken, which only save work.
 * The test for a write-tracked gfn and the lookup of the memory slot happen with the last read of
 * the walk: nothing but the walk comes between them.
 */
import type { Kvm, VcpuView } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { isWrite } from '../access.ts';
import { hasInvalidations } from '../config.ts';
import { permitsInMode } from '../modes.ts';
import { tableIndex } from '../geometry.ts';
import {
  gpte_accessed,
  gpte_dirty,
  gpteWithAccessed,
  gpteWithDirty,
  is_large_pte,
  is_present_gpte,
  is_rsvd_bits_set,
} from '../gpte.ts';
import { awaitsCopy, findFrame } from '../host/frames.ts';
import { guestMemoryChanged, resetAllowedPath } from '../tlb/oracle.ts';
import { flushLocalAddress } from '../tlb/flush.ts';
import { mark_page_dirty, noteStore } from './dirty-log.ts';
import { startFastPageFault } from './fast-page-fault.ts';
import { invalidateAddressInRoot } from './invlpg.ts';
import { goTo, isBefore, lock, proceed, isUnlocked } from './lock.ts';
import { lookUpFrame } from './look-up.ts';
import { vcpu_clear_mmio_info } from './mmio-info.ts';
import { pfnOf, readGuest, spaceOf } from './mmu-page.ts';
import { kvm_gfn_is_write_tracked } from './unsync.ts';
import { shadow_page_table_clear_flood } from './lockless.ts';
import { accessDownTo, kindOf, leafLevel, startWalk, tableAt, walkedGfn } from './walker.ts';

const walk_addr: ModelTransition = {
  name: 'FNAME(walk_addr)',
  says: 'Read one entry of the guest walk without a lock; at the last one, judge permissions.',
  source: ['FNAME(walk_addr_generic)', 'page_fault_handle_page_track()'],
  over: ['v'],
  at: 'walk_addr',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'walk_addr')) return false;
    const vcpu = kvm.vcpu.at(v);
    const { level } = vcpu.walker;
    const index = tableIndex(kvm.geometry, vcpu.insn.va, level);
    const pte = readGuest(kvm, tableAt(kvm, vcpu, level), index);
    // A #PF for a reserved bit invalidates nothing, as one for a missing entry.
    if (!is_present_gpte(pte) || is_rsvd_bits_set(pte, !vcpu.efer_nx_clear)) {
      vcpu.insn.present = false;
      vcpu.pc = 'inject_page_fault';
      return true;
    }
    vcpu.walker.ptes.set(level - 1, pte);
    vcpu.walker.level = level - 1;
    if (level > 1 && !is_large_pte(pte)) return true;
    vcpu.walker.level = 0;
    const cr0_wp = vcpu.cr0_wp || kvm.rules.walk_cr0_wp === 'stale';
    if (!permitsInMode(vcpu, accessDownTo(vcpu, level), kindOf(vcpu), cr0_wp)) {
      vcpu.insn.present = true;
      vcpu.pc = 'inject_page_fault';
      return true;
    }
    if (levelToFlag(vcpu) > 0) vcpu.pc = 'update_accessed_dirty_bits';
    else afterWalk(kvm, v);
    return true;
  },
};

/** The highest level whose entry lacks a flag that the access must set, or 0. */
const levelToFlag = (vcpu: VcpuView): number => {
  const leaf = leafLevel(vcpu);
  for (let level = vcpu.walker.ptes.length; level >= leaf; level -= 1) {
    const pte = vcpu.walker.ptes.get(level - 1);
    if (!gpte_accessed(pte)) return level;
    if (level === leaf && isWrite(kindOf(vcpu)) && !gpte_dirty(pte)) return level;
  }
  return 0;
};

const update_accessed_dirty_bits: ModelTransition = {
  name: 'FNAME(update_accessed_dirty_bits)',
  says:
    'Set the accessed flag of one guest entry, and the dirty flag of a leaf on a write, by ' +
    'compare-and-exchange; walk again when the entry changed. KVM does not track this write.',
  source: ['FNAME(update_accessed_dirty_bits)'],
  over: ['v'],
  at: 'update_accessed_dirty_bits',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'update_accessed_dirty_bits')) return false;
    const vcpu = kvm.vcpu.at(v);
    const level = levelToFlag(vcpu);
    const old = vcpu.walker.ptes.get(level - 1);
    const gfn = tableAt(kvm, vcpu, level);
    const index = tableIndex(kvm.geometry, vcpu.insn.va, level);
    if (readGuest(kvm, gfn, index) !== old) {
      startWalk(kvm, v);
      return true;
    }
    const accessed = gpteWithAccessed(old);
    const isLeaf = level === leafLevel(vcpu);
    const pte = isLeaf && isWrite(kindOf(vcpu)) ? gpteWithDirty(accessed) : accessed;
    kvm.memory.at(pfnOf(kvm, gfn)).set(index, pte);
    vcpu.walker.ptes.set(level - 1, pte);
    guestMemoryChanged(kvm);
    noteStore(kvm, pfnOf(kvm, gfn));
    if (kvm.rules.log_dirty_flags === 'marked') mark_page_dirty(kvm, gfn);
    if (levelToFlag(vcpu) === 0) afterWalk(kvm, v);
    return true;
  },
};

/** A write to a present SPTE of a tracked gfn goes straight to the emulator. */
const afterWalk = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  const tracked = kvm_gfn_is_write_tracked(kvm, walkedGfn(kvm, vcpu), spaceOf(vcpu));
  const emulate = tracked && vcpu.insn.present && isWrite(kindOf(vcpu));
  if (emulate) {
    shadow_page_table_clear_flood(kvm, v);
    return;
  }
  if (kvm.rules.fast_pf_scope === 'every-mmu') startFastPageFault(kvm, v);
  else lookUpFrame(kvm, v);
};

/** fault->mmu_seq. The narrow one of a mutant has a bit for two calls of the notifier. */
const snapshotOf = ({ mmu_notifier: { mmu_invalidate_seq: seq }, rules }: Kvm): number =>
  rules.notifier_seq_width === 'whole' ? seq : seq & 1;

/** Reads the notifier's sequence; `pc` says whether before or after the frame is looked up. */
const snapshot_seq: ModelTransition = {
  name: 'kvm_mmu_faultin_pfn.snapshot',
  says: 'Remember the sequence of the MMU notifier, to notice later that it has run.',
  source: ['kvm_mmu_faultin_pfn()', 'mmu_invalidate_seq'],
  over: ['v'],
  at: 'snapshot_seq',
  needs: hasInvalidations,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'snapshot_seq')) return false;
    const vcpu = kvm.vcpu.at(v);
    const late = kvm.rules.notifier_snapshot === 'after-lookup';
    if (late) findFrame(kvm, vcpu);
    else vcpu.fault.mmu_seq = snapshotOf(kvm);
    vcpu.pc = 'faultin_pfn';
    return true;
  },
};

const faultin_pfn: ModelTransition = {
  name: 'kvm_mmu_faultin_pfn',
  says: 'Ask the primary MMU for the frame behind the gfn, without mmu_lock.',
  source: ['kvm_mmu_faultin_pfn()'],
  over: ['v'],
  at: 'faultin_pfn',
  needs: hasInvalidations,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'faultin_pfn')) return false;
    const vcpu = kvm.vcpu.at(v);
    if (awaitsCopy(kvm, vcpu)) return false;
    const late = kvm.rules.notifier_snapshot === 'after-lookup';
    if (late) vcpu.fault.mmu_seq = snapshotOf(kvm);
    else findFrame(kvm, vcpu);
    vcpu.pc = 'lock_page_fault';
    return true;
  },
};

const inject_page_fault: ModelTransition = {
  name: 'kvm_inject_emulated_page_fault',
  says:
    'Deliver a #PF to the guest. When the guest entry is present, first sync the SPTE of the ' +
    'address in the current root, as the fault itself invalidates the translation.',
  source: ['kvm_inject_emulated_page_fault()', 'kvm_mmu_invalidate_addr()'],
  over: ['v'],
  at: 'inject_page_fault',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'inject_page_fault')) return false;
    const vcpu = kvm.vcpu.at(v);
    const { va } = vcpu.insn;
    if (vcpu.insn.present && !isUnlocked(kvm)) return false;
    vcpu.ghost_faults = 0;
    if (kvm.oracle === 'strict') resetAllowedPath(kvm, v, va);
    if (!vcpu.insn.present) {
      goTo(vcpu, 'enter');
      return true;
    }
    flushLocalAddress(kvm, v, va);
    vcpu_clear_mmio_info(vcpu, va);
    lock(kvm, v);
    if (vcpu.root !== null && invalidateAddressInRoot(kvm, vcpu.root, va)) {
      kvm.mmu_lock.flush = true;
    }
    proceed(kvm, v, 'enter');
    return true;
  },
};

export const pageFaultTransitions: readonly ModelTransition[] = [
  walk_addr,
  update_accessed_dirty_bits,
  inject_page_fault,
  snapshot_seq,
  faultin_pfn,
];
