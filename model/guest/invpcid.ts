/**
 * Invalidations by PCID: INVPCID in its forms, and what they share with changes of CR3 and CR4.
 *
 * Kernel: kvm_handle_invpcid(), kvm_invalidate_pcid(), kvm_mmu_invpcid_gva().
 *
 * Abstracts: global translations. All contexts with and without them are one form.
 */
import type { Kvm, VcpuView } from '../state.ts';
import { pcidCount } from '../geometry.ts';
import { activePcid } from '../modes.ts';
import { never, type ModelTransition } from '../transition.ts';
import { isOfPcid } from '../shadow/invlpg.ts';
import { freePrevRoots } from '../shadow/root-cache.ts';
import { flushLocalAddress } from '../tlb/flush.ts';
import {
  cacheAgain,
  forgetPcid,
  resetAllowed,
  resetAllowedAddress,
  resetAllowedAll,
} from '../tlb/oracle.ts';
import { mayMove, mayTakeLock } from './moves.ts';

/**
 * kvm_invalidate_pcid(): sync and flush what is current, and give back cached roots of the PCID: a
 * later MOV CR3 to them may ask for no flush. Without PCIDs each MOV CR3 syncs.
 */
export const kvm_invalidate_pcid = (kvm: Kvm, v: number, pcid: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (pcid === activePcid(kvm, v)) {
    resetAllowed(kvm, v);
    vcpu.request_sync = kvm.rules.cr3_sync === 'request';
    vcpu.request_flush_current = true;
    vcpu.ghost_invalidating = true;
  } else {
    forgetPcid(kvm, v, pcid);
  }
  if (!vcpu.cr4_pcide || kvm.rules.pcid_roots === 'kept') return;
  freePrevRoots(kvm, v, (cr3) => kvm.geometry.pcids[cr3] === pcid);
};

/** KVM_REQ_TLB_FLUSH_GUEST: all that the guest may have cached goes, whatever the PCID. */
export const requestFlushGuest = (vcpu: VcpuView): void => {
  vcpu.request_sync = true;
  vcpu.request_flush_current = true;
  vcpu.request_flush_guest = true;
};

const invpcid: ModelTransition = {
  name: 'guestInvpcid',
  says: 'INVPCID of one context: everything of a PCID, be it the active one or not.',
  source: ['kvm_handle_invpcid()', 'kvm_invalidate_pcid()', 'INVPCID_TYPE_SINGLE_CTXT'],
  over: ['v', 'pcid'],
  at: 'guest',
  sure: never,
  needs: ({ workload }) => workload.budget.invpcid > 0,
  step: (kvm, v, pcid) => {
    if (!kvm.vcpu.at(v).cr4_pcide && pcid > 0) return false;
    if (!mayMove(kvm, v, 'invpcid') || !mayTakeLock(kvm, v)) return false;
    kvm.budget.invpcid -= 1;
    kvm_invalidate_pcid(kvm, v, pcid);
    kvm.vcpu.at(v).pc = 'enter';
    return true;
  },
};

const invpcid_addr: ModelTransition = {
  name: 'guestInvpcid.addr',
  says: 'INVPCID of an address in a PCID: sync it in the roots of the PCID, wherever cached.',
  source: ['kvm_handle_invpcid()', 'kvm_mmu_invpcid_gva()', 'INVPCID_TYPE_INDIV_ADDR'],
  over: ['v', 'pcid', 'va'],
  at: 'guest',
  sure: never,
  needs: ({ workload }) => workload.budget.invpcid_addr > 0,
  step: (kvm, v, pcid, va) => {
    const vcpu = kvm.vcpu.at(v);
    if (!(kvm.workload.addresses?.includes(va) ?? true)) return false;
    if ((!vcpu.cr4_pcide && pcid > 0) || !mayMove(kvm, v, 'invpcid_addr')) return false;
    kvm.budget.invpcid_addr -= 1;
    resetAllowedAddress(kvm, v, va, pcid);
    cacheAgain(kvm, v, pcid);
    // A PCID without a root is synced and flushed when one is loaded.
    for (let number = 0; number <= vcpu.prev_root.length; number += 1) {
      if (isOfPcid(kvm, v, number, pcid)) flushLocalAddress(kvm, v, va);
    }
    vcpu.insn.va = va;
    vcpu.invpcid = pcid + 1;
    vcpu.pc = 'invlpg';
    return true;
  },
};

const invpcid_all: ModelTransition = {
  name: 'guestInvpcid.all',
  says: 'INVPCID of all contexts: everything of every PCID.',
  source: ['kvm_handle_invpcid()', 'KVM_REQ_TLB_FLUSH_GUEST', 'INVPCID_TYPE_ALL_INCL_GLOBAL'],
  over: ['v'],
  at: 'guest',
  sure: never,
  needs: ({ workload }) => workload.budget.invpcid_all > 0,
  step: (kvm, v) => {
    if (!mayMove(kvm, v, 'invpcid_all')) return false;
    kvm.budget.invpcid_all -= 1;
    resetAllowedAll(kvm, v);
    for (let pcid = 0; pcid < pcidCount(kvm.geometry); pcid += 1) cacheAgain(kvm, v, pcid);
    requestFlushGuest(kvm.vcpu.at(v));
    kvm.vcpu.at(v).pc = 'enter';
    return true;
  },
};

export const invpcidTransitions: readonly ModelTransition[] = [invpcid, invpcid_addr, invpcid_all];
