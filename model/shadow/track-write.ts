/**
 * Emulated writes to guest page tables that are write-protected.
 *
 * Kernel: emulator_write_phys(), kvm_page_track_write(), kvm_mmu_track_write().
 *
 * Cuts: the store to guest memory; the lockless read of indirect_shadow_pages; the section under
 * mmu_lock. Between the first and the last the shadow is stale although it is marked in sync, and
 * other vCPUs run.
 *
 * A write that edits no page table (a plain access of the workload) stores the value that is
 * there already.
 *
 * Abstracts: the emulator's own walk of the address; it writes where the walk of the fault led.
 * Stores are aligned and cover one whole entry.
 */
import type { Kvm } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { guestMemoryChanged } from '../tlb/oracle.ts';
import { mark_page_dirty, noteStore } from './dirty-log.ts';
import { clearWalker, goTo, isBefore, isBeforeLocking, lock, proceed } from './lock.ts';
import { isAllocated, isValid, pfnOf, readGuest, sp_has_gptes } from './mmu-page.ts';
import { walkedGfn } from './walker.ts';
import { isCommitDue, kvm_mmu_prepare_zap_page, mmu_page_zap_pte } from './zap.ts';

const emulate_write: ModelTransition = {
  name: 'emulator_write_phys',
  says: 'The emulator performs the store of the guest in guest memory.',
  source: ['emulator_write_phys()'],
  over: ['v'],
  at: 'emulate_write',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'emulate_write')) return false;
    const vcpu = kvm.vcpu.at(v);
    const gfn = walkedGfn(kvm, vcpu);
    const store = vcpu.insn.store > 0 ? kvm.workload.stores[vcpu.insn.store - 1] : undefined;
    const index = store?.index ?? 0;
    const old = readGuest(kvm, gfn, index);
    vcpu.emulated.pending = true;
    vcpu.emulated.gfn = gfn;
    vcpu.emulated.index = index;
    vcpu.emulated.old = old;
    clearWalker(vcpu);
    // The instruction completes: the guest does not repeat it.
    vcpu.ghost_faults = 0;
    vcpu.pc = 'read_indirect_shadow_pages';
    noteStore(kvm, pfnOf(kvm, gfn));
    if (store === undefined || pfnOf(kvm, gfn) >= kvm.geometry.tables) return true;
    kvm.memory.at(pfnOf(kvm, gfn)).set(index, store.value);
    if (kvm.budget.store > 0) kvm.budget.store -= 1;
    guestMemoryChanged(kvm);
    return true;
  },
};

const readIndirect: ModelTransition = {
  name: 'kvm_mmu_track_write.read_indirect_shadow_pages',
  says:
    'The page that the emulator wrote counts as dirty. Without any indirect shadow page there is ' +
    'nothing else to do; read without mmu_lock.',
  source: ['kvm_mmu_track_write()', 'mark_page_dirty_in_slot()'],
  over: ['v'],
  at: 'read_indirect_shadow_pages',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'read_indirect_shadow_pages')) return false;
    const { gfn } = kvm.vcpu.at(v).emulated;
    if (kvm.rules.log_dirty_emulator === 'marked') mark_page_dirty(kvm, gfn);
    const done = kvm.arch.indirect_shadow_pages === 0 || kvm.rules.emulated_write === 'untracked';
    goTo(kvm.vcpu.at(v), done ? 'enter' : 'track_write');
    return true;
  },
};

const track_write: ModelTransition = {
  name: 'kvm_mmu_track_write',
  says:
    'Under mmu_lock, zap the entry built from the old value in every page that shadows the gfn, ' +
    'or the whole page when its table is written too often.',
  source: ['kvm_mmu_track_write()', 'detect_write_flooding()'],
  over: ['v'],
  at: 'track_write',
  step: (kvm, v) => {
    if (!isBeforeLocking(kvm, v, 'track_write')) return false;
    lock(kvm, v);
    const { gfn, index } = kvm.vcpu.at(v).emulated;
    for (let sp = 0; sp < kvm.sp.length; sp += 1) {
      const page = kvm.sp.at(sp);
      if (page.gfn !== gfn || !isAllocated(page) || !sp_has_gptes(page)) continue;
      if (page.list === 'invalid_list') continue;
      if (page.role.invalid && kvm.rules.gfn_iteration === 'valid-only') continue;
      if (detect_write_flooding(kvm, sp)) kvm_mmu_prepare_zap_page(kvm, sp);
      else if (mmu_page_zap_pte(kvm, sp, index)) {
        if (kvm.rules.track_flush === 'flush') kvm.mmu_lock.flush = true;
      }
    }
    proceed(kvm, v, 'enter', kvm.mmu_lock.flush || isCommitDue(kvm));
    return true;
  },
};

const unprotect_gfn_and_retry: ModelTransition = {
  name: '__kvm_mmu_unprotect_gfn_and_retry',
  says:
    'Instead of emulating a write that edits no page table, zap every page that shadows the gfn ' +
    'and let the guest repeat the instruction.',
  source: ['__kvm_mmu_unprotect_gfn_and_retry()', 'retry_instruction()'],
  over: ['v'],
  at: 'emulate_write',
  needs: ({ workload }) => workload.budget.unprotect > 0,
  step: (kvm, v) => {
    if (!isBeforeLocking(kvm, v, 'emulate_write') || kvm.budget.unprotect === 0) return false;
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.insn.store > 0) return false;
    if (kvm.rules.unprotect_retry === 'once') kvm.budget.unprotect -= 1;
    lock(kvm, v);
    const gfn = walkedGfn(kvm, vcpu);
    for (let sp = 0; sp < kvm.sp.length; sp += 1) {
      const page = kvm.sp.at(sp);
      if (page.gfn !== gfn || !isValid(page) || !sp_has_gptes(page)) continue;
      kvm_mmu_prepare_zap_page(kvm, sp);
    }
    // With nothing but roots in use zapped, KVM goes on to emulate.
    const retry = isCommitDue(kvm);
    proceed(kvm, v, retry ? 'enter' : 'emulate_write', retry);
    return true;
  },
};

/** Pages at 4K do not count: they go unsync instead. */
const detect_write_flooding = (kvm: Kvm, sp: number): boolean => {
  const page = kvm.sp.at(sp);
  if (page.role.level === 1) return false;
  if (page.write_flooding_count < kvm.geometry.flood_threshold) page.write_flooding_count += 1;
  return page.write_flooding_count >= kvm.geometry.flood_threshold;
};

export const trackWriteTransitions: readonly ModelTransition[] = [
  emulate_write,
  unprotect_gfn_and_retry,
  readIndirect,
  track_write,
];
