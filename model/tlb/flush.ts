/**
 * Flushes as obligations: who owes one, for what, and until when; and the flush that pays.
 *
 * A change that leaves hardware with a translation that KVM no longer stands for is recorded in
 * `ghost_owed` by the function that makes it. The holder of mmu_lock must have flushed before it
 * unlocks (and before it stores a new table entry, when one was removed).
 *
 * Kernel: kvm_flush_remote_tlbs(), mmu_spte_update(), kvm_mmu_commit_zap_page().
 */
import { isUnderOneEntry, pagesPerLeaf } from '../geometry.ts';
import type { Kvm } from '../state.ts';

/** A present leaf goes away or will map other frames: due before mmu_lock is dropped. */
export const oweUnmap = (kvm: Kvm, pfn: number, level: number): void => {
  const end = pfn + pagesPerLeaf(kvm.geometry, level);
  for (let frame = pfn; frame < end; frame += 1) kvm.ghost_owed.unmap.add(frame);
};

/** A leaf loses MMU-writable: due before mmu_lock is dropped. */
export const oweProtect = (kvm: Kvm, pfn: number, level: number): void => {
  const end = pfn + pagesPerLeaf(kvm.geometry, level);
  for (let frame = pfn; frame < end; frame += 1) kvm.ghost_owed.protect.add(frame);
};

/** A table entry goes away: due before another one is stored and before mmu_lock is dropped. */
export const oweLink = (kvm: Kvm): void => {
  kvm.ghost_owed.link = true;
};

export const isFlushOwed = (kvm: Kvm): boolean =>
  kvm.ghost_owed.link || kvm.ghost_owed.unmap.bits !== 0 || kvm.ghost_owed.protect.bits !== 0;

/** Drops what is cached for the PCID of CR3 alone. */
const flushActivePcid = (kvm: Kvm, v: number): void => {
  const { cr3, ghost_tlb } = kvm.vcpu.at(v);
  const { pcids } = kvm.geometry;
  for (let i = 0; i < ghost_tlb.length; i += 1) {
    if (pcids[ghost_tlb.at(i).cr3] === pcids[cr3]) dropTlbEntry(kvm, v, i);
  }
};

/** A flush of one frame, where a run of them is due; only a mutant flushes so. */
export const flushFrame = (kvm: Kvm, pfn: number): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { ghost_tlb } = kvm.vcpu.at(v);
    for (let i = 0; i < ghost_tlb.length; i += 1) {
      if (ghost_tlb.at(i).pfn === pfn) dropTlbEntry(kvm, v, i);
    }
  }
  kvm.ghost_owed.unmap.delete(pfn);
};

/** What a vCPU's own hardware drops when it flushes its current context. */
export const flushLocal = (kvm: Kvm, v: number): void => {
  const { ghost_tlb, ghost_psc } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_tlb.length; i += 1) dropTlbEntry(kvm, v, i);
  for (let i = 0; i < ghost_psc.length; i += 1) dropPscEntry(kvm, v, i);
};

/**
 * An invalidation of one address in hardware, as KVM issues it: the translation of `va` and the
 * cached entries on the way to it. The hardware may keep those for other addresses.
 */
export const flushLocalAddress = (kvm: Kvm, v: number, va: number): void => {
  const { ghost_tlb, ghost_psc } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_tlb.length; i += 1) {
    if (ghost_tlb.at(i).valid && ghost_tlb.at(i).va === va) dropTlbEntry(kvm, v, i);
  }
  for (let i = 0; i < ghost_psc.length; i += 1) {
    const { valid, level, va: cached } = ghost_psc.at(i);
    if (valid && isUnderOneEntry(kvm.geometry, cached, va, level)) dropPscEntry(kvm, v, i);
  }
};

const dropTlbEntry = (kvm: Kvm, v: number, i: number): void => {
  const entry = kvm.vcpu.at(v).ghost_tlb.at(i);
  entry.valid = false;
  entry.va = 0;
  entry.pfn = 0;
  entry.access = 0;
  entry.huge = false;
  entry.clean = false;
  entry.cr3 = 0;
};

const dropPscEntry = (kvm: Kvm, v: number, i: number): void => {
  const entry = kvm.vcpu.at(v).ghost_psc.at(i);
  entry.valid = false;
  entry.va = 0;
  entry.level = 0;
  entry.sp = 0;
};

/**
 * Whether a flush by `v` need not wait: a walk without mmu_lock answers only when it has ended.
 * -1 stands for a thread that is no vCPU.
 */
export const mayFlush = (kvm: Kvm, v: number): boolean => {
  if (kvm.rules.lockless_walkers === 'ignored') return true;
  for (let other = 0; other < kvm.vcpu.length; other += 1) {
    if (other !== v && kvm.vcpu.at(other).reading !== null) return false;
  }
  return true;
};

const isReached = (kvm: Kvm, v: number): boolean => {
  const { remote_flush } = kvm.rules;
  if (remote_flush === 'all-vcpus' || kvm.mmu_lock.holder === v) return true;
  return remote_flush === 'in-guest-only' && kvm.vcpu.at(v).pc === 'guest';
};

/**
 * kvm_flush_remote_tlbs(): every vCPU drops what it caches before it runs guest code again.
 *
 * Abstracts: the request, the IPI and the wait for acknowledgement. The caller continues only
 * when all vCPUs have left the guest, and each serves the request before it returns there, so
 * that dropping the caches at once is what any observer sees.
 */
export const kvm_flush_remote_tlbs = (kvm: Kvm): void => {
  if (kvm.costs !== undefined) kvm.costs.flushes += 1;
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    if (isReached(kvm, v)) flushLocal(kvm, v);
    else if (kvm.rules.remote_flush === 'active-pcid') flushActivePcid(kvm, v);
  }
  kvm.ghost_owed.unmap.bits = 0;
  kvm.ghost_owed.protect.bits = 0;
  kvm.ghost_owed.link = false;
};
