/** When guest software may do something that KVM intercepts other than an access to memory. */
import type { Kvm } from '../state.ts';
import type { BudgetName } from '../config.ts';
import { isUnlocked, mayRun } from '../shadow/lock.ts';
import { mayFlush } from '../tlb/flush.ts';

/** Of what a vCPU does, what needs no paging. */
const withoutPaging: ReadonlySet<BudgetName> = new Set<BudgetName>(['pg', 'smi']);

/** Whether guest software may do such a thing now. */
export const mayMove = (kvm: Kvm, v: number, what: BudgetName): boolean =>
  kvm.vcpu.at(v).pc === 'guest' &&
  (!kvm.vcpu.at(v).cr0_pg_clear || withoutPaging.has(what)) &&
  mayRun(kvm, v) &&
  kvm.vcpu.at(v).ghost_faults === 0 &&
  kvm.budget[what] > 0 &&
  (kvm.workload.actors?.[what]?.includes(v) ?? true);

/**
 * Roots are given back under mmu_lock; an exit that has to waits until the lock is free. Nothing
 * else happens between the exit and taking the lock. Giving a root back may flush, which waits for
 * walkers.
 */
export const mayTakeLock = (kvm: Kvm, v: number): boolean => isUnlocked(kvm) && mayFlush(kvm, v);
