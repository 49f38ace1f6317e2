/**
 * mmu_lock and the labels of small steps: when a vCPU may take its next step, and where it goes.
 *
 * A vCPU outside the guest is before exactly one step, named by `pc`. Labels up to
 * `lock_page_fault` and those named in `lockless` are reached without mmu_lock.
 */
import { assertModel } from '../../src/engine/machine/index.ts';
import type { Kvm, VcpuView } from '../state.ts';
import type { Pc } from '../labels.ts';
import { isNotifierFlushing } from '../host/invalidation.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';
import type { ModelTransition } from '../transition.ts';
import { isSplitting } from './split-lock.ts';
import { isCommitDue, kvm_mmu_commit_zap_page } from './zap.ts';

const lockless: ReadonlySet<Pc> = new Set<Pc>([
  'guest',
  'walk_addr',
  'direct_page_fault',
  'fast_page_fault',
  'fast_pf_fix_direct_spte',
  'mark_page_dirty',
  'update_accessed_dirty_bits',
  'inject_page_fault',
  'snapshot_seq',
  'faultin_pfn',
  'lock_page_fault',
  'clear_flood',
  'emulate_write',
  'read_indirect_shadow_pages',
  'track_write',
  'invlpg',
  'sync_roots',
  'emulate_mmio',
  'enter',
]);

/**
 * Whether nobody holds mmu_lock: no vCPU, not the MMU notifier, not a zap of a range or of all
 * pages, nor whoever zaps for NX or for the return of huge pages, or splits them.
 */
export const isUnlocked = (kvm: Kvm): boolean => {
  const { pc } = kvm.memslots;
  if (pc === 'zap' || pc === 'commit' || isSplitting(kvm)) return false;
  if (kvm.dirty_log.pc === 'recover-flush') return false;
  if (kvm.zapper.pc !== 'idle' && kvm.zapper.pc !== 'gone') return false;
  return kvm.mmu_lock.holder === null && !isNotifierFlushing(kvm) && !kvm.nx.flushes;
};

/** Whether `v` is before the step `pc` and may run now. */
export const isBefore = (kvm: Kvm, v: number, pc: Pc): boolean =>
  kvm.vcpu.at(v).pc === pc && mayRun(kvm, v);

/** The same for a step that begins by taking mmu_lock. */
export const isBeforeLocking = (kvm: Kvm, v: number, pc: Pc): boolean =>
  kvm.vcpu.at(v).pc === pc && isUnlocked(kvm) && mayRun(kvm, v);

/**
 * With granularity `operation` whoever is within an operation of KVM finishes it before anybody
 * else moves. A vCPU that is about to enter the guest is between operations. Nobody moves once the
 * VM is torn down.
 */
export const mayRun = (kvm: Kvm, v: number): boolean => {
  if (kvm.zapper.pc === 'gone' || kvm.zapper.pc === 'commit') return false;
  if (kvm.granularity === 'step') return true;
  for (let other = 0; other < kvm.vcpu.length; other += 1) {
    const { pc } = kvm.vcpu.at(other);
    if (other !== v && pc !== 'guest' && pc !== 'enter') return false;
  }
  return true;
};

export const lock = (kvm: Kvm, v: number): void => {
  assertModel(isUnlocked(kvm), 'mmu_lock is taken only while it is free');
  kvm.mmu_lock.holder = v;
};

/**
 * Moves the holder of mmu_lock on to `pc`, by way of a flush when one is due. Reaching a lockless
 * label drops the lock in the same step: nothing happens between the last store and the unlock.
 */
export const proceed = (kvm: Kvm, v: number, pc: Pc, flush = kvm.mmu_lock.flush): void => {
  const vcpu = kvm.vcpu.at(v);
  if (kvm.rules.commit_zap === 'free-at-once') kvm_mmu_commit_zap_page(kvm);
  if (flush) {
    kvm.mmu_lock.after_flush = pc;
    vcpu.pc = 'flush';
    return;
  }
  if (lockless.has(pc)) unlock(kvm);
  goTo(vcpu, pc);
};

/** Moves a vCPU that does not hold mmu_lock. Locals without meaning are cleared. */
export const goTo = (vcpu: VcpuView, pc: Pc): void => {
  vcpu.pc = pc;
  if (pc !== 'enter') return;
  clearWalker(vcpu);
  vcpu.fault.mmu_seq = 0;
  vcpu.fault.pfn = 0;
  vcpu.fault.map_readonly = false;
  vcpu.fault.ghost_predates = false;
  vcpu.fault.slot = 'other';
  vcpu.fault.log_dirty = false;
  vcpu.fault.nx_huge_page_workaround_enabled = false;
  vcpu.emulated.pending = false;
  vcpu.emulated.gfn = 0;
  vcpu.emulated.index = 0;
  vcpu.emulated.old = 0;
  vcpu.root_index = 0;
  vcpu.invpcid = 0;
  vcpu.ghost_fault_justified = false;
  if (vcpu.ghost_faults === 0) clearInstruction(vcpu);
};

export const clearInstruction = (vcpu: VcpuView): void => {
  vcpu.insn.va = 0;
  vcpu.insn.kind = 0;
  vcpu.insn.store = 0;
  vcpu.insn.instruction = 0;
  vcpu.insn.present = false;
};

export const clearWalker = (vcpu: VcpuView): void => {
  vcpu.walker.level = 0;
  const { ptes, prefetch_ptes } = vcpu.walker;
  for (let i = 0; i < ptes.length; i += 1) ptes.set(i, 0);
  for (let i = 0; i < prefetch_ptes.length; i += 1) prefetch_ptes.set(i, 0);
};

const unlock = (kvm: Kvm): void => {
  const { mmu_lock } = kvm;
  assertModel(!isCommitDue(kvm), 'zapped pages are committed before mmu_lock is dropped');
  mmu_lock.holder = null;
  mmu_lock.level = 0;
  mmu_lock.goal_level = 0;
  mmu_lock.req_level = 0;
  mmu_lock.sp = null;
  mmu_lock.child = null;
  mmu_lock.fresh = false;
  mmu_lock.created = false;
  mmu_lock.wrprot = false;
  mmu_lock.flush = false;
  mmu_lock.after_flush = 'guest';
  mmu_lock.after_sync = 'guest';
  mmu_lock.sync_parent = null;
  mmu_lock.sync_sp = null;
  mmu_lock.sync_index = 0;
  mmu_lock.sync_batch.bits = 0;
  mmu_lock.batch_done = false;
};

/** The flush that functions issue before they go on, and the freeing of what they zapped. */
export const kvm_mmu_remote_flush_or_zap: ModelTransition = {
  name: 'kvm_flush_remote_tlbs',
  says: 'Make every vCPU drop what its hardware caches, then free the zapped pages.',
  source: ['kvm_flush_remote_tlbs()', 'kvm_mmu_commit_zap_page()'],
  over: ['v'],
  at: 'flush',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'flush') || !mayFlush(kvm, v)) return false;
    const { mmu_lock } = kvm;
    kvm_mmu_commit_zap_page(kvm);
    kvm_flush_remote_tlbs(kvm);
    const next = mmu_lock.after_flush;
    mmu_lock.flush = false;
    mmu_lock.after_flush = 'guest';
    proceed(kvm, v, next);
    return true;
  },
};
