/**
 * What guest software does: access memory, edit page tables, invalidate, switch.
 *
 * An access completes when the hardware finds a translation that permits it; otherwise the vCPU
 * exits to KVM. Which translations it may use is the hardware's choice, see `tlb/hardware.ts`;
 * a property judges all of them.
 */
import type { Kvm } from '../state.ts';
import type { BudgetName, GuestInstruction } from '../config.ts';
import { never, type ModelTransition } from '../transition.ts';
import { isUser, isWrite, type AccessKind } from '../access.ts';
import { pagesPerLeaf, tableIndex } from '../geometry.ts';
import { gpte_to_gfn, is_large_pte, is_present_gpte } from '../gpte.ts';
import { is_last_spte, NO_SPTE } from '../spte.ts';
import { kindNames, startWalk } from '../shadow/walker.ts';
import { vmx_flush_pml_buffer } from '../shadow/dirty-log.ts';
import { clearInstruction, mayRun } from '../shadow/lock.ts';
import { readGuest } from '../shadow/mmu-page.ts';
import { handle_mmio_page_fault, mmioSpteAt } from '../shadow/mmio.ts';
import { performStore } from '../tlb/pml.ts';
import { flushLocalAddress } from '../tlb/flush.ts';
import { firstUsablePfn, walkFromRoot } from '../tlb/hardware.ts';
import { guestMemoryChanged, isFaultJustified, resetAllowedAddress } from '../tlb/oracle.ts';

/** The kind of access with number `kind` among those of the scenario. */
export const scenarioKind = (kvm: Kvm, kind: number): AccessKind =>
  kvm.geometry.kinds[kind] ?? 'ur';

/** The kind of access with which guest software stores to its page tables. */
export const storeKind = (kvm: Kvm): AccessKind => kvm.geometry.kinds.find(isWrite) ?? 'uw';

/** Whether `v` is in the guest and the workload lets it do such a thing. */
const mayAct = (kvm: Kvm, v: number, what: BudgetName | 'access', va: number): boolean => {
  if (kvm.vcpu.at(v).pc !== 'guest' || !mayRun(kvm, v)) return false;
  const { actors, addresses } = kvm.workload;
  if (addresses !== undefined && !addresses.includes(va)) return false;
  return what === 'access' || (actors?.[what]?.includes(v) ?? true);
};

/** A guest that repeats what faulted does nothing else until it completes. */
const isOther = (kvm: Kvm, v: number, va: number, kind: AccessKind, store: number): boolean => {
  const { insn, ghost_faults } = kvm.vcpu.at(v);
  if (ghost_faults === 0) return false;
  if (insn.instruction > 0) return true;
  return insn.va !== va || kindNames[insn.kind] !== kind || insn.store !== store;
};

/** Nobody has to begin an instruction, but one that faulted is repeated. */
const isRepeating = (kvm: Kvm, v: number): boolean => kvm.vcpu.at(v).ghost_faults > 0;

const complete = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (vcpu.ghost_faults === 0) return;
  vcpu.ghost_faults = 0;
  clearInstruction(vcpu);
};

/** The access finds no translation: exit with its address and an error code. */
const fault = (kvm: Kvm, v: number, va: number, kind: AccessKind, store: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  const free = kvm.endless && isRepeating(kvm, v);
  if (!free && kvm.budget.fault === 0) return false;
  if (!(kvm.workload.actors?.fault?.includes(v) ?? true)) return false;
  if (!free) kvm.budget.fault -= 1;
  vcpu.insn.va = va;
  vcpu.insn.kind = kindNames.indexOf(kind);
  vcpu.insn.store = store;
  vcpu.insn.present = is_last_spte(walkFromRoot(kvm, v, va));
  vcpu.fault.nx_huge_page_workaround_enabled = kvm.nx.nx_huge_pages;
  vcpu.ghost_fault_justified = isFaultJustified(kvm, v, va, kind);
  if (kvm.retries && vcpu.ghost_faults <= kvm.geometry.faults_max) vcpu.ghost_faults += 1;
  vmx_flush_pml_buffer(kvm, v);
  const mmio = kvm.geometry.memslot === null ? NO_SPTE : mmioSpteAt(kvm, v, va);
  if (mmio === NO_SPTE) startWalk(kvm, v);
  else handle_mmio_page_fault(kvm, v, mmio);
  return true;
};

const access: ModelTransition = {
  name: 'guestAccess',
  says: 'Guest software reads, writes or fetches at an address: it completes, or exits to KVM.',
  source: ['SDM "Paging"'],
  over: ['v', 'va', 'kind'],
  at: 'guest',
  sure: isRepeating,
  step: (kvm, v, va, kindNumber) => {
    const kind = scenarioKind(kvm, kindNumber);
    if (!mayAct(kvm, v, 'access', va) || isOther(kvm, v, va, kind, 0)) return false;
    const pfn = firstUsablePfn(kvm, v, va, kind);
    if (pfn < 0) return fault(kvm, v, va, kind, 0);
    if (kvm.geometry.host_dirty && isWrite(kind)) kvm.host.ghost_written.add(pfn);
    complete(kvm, v);
    if (isWrite(kind)) performStore(kvm, v, va, pfn);
    return true;
  },
};

/** The accesses that an instruction of the workload makes, in their order. */
export const accessesOf = (what: GuestInstruction): readonly GuestAccess[] => [
  { va: what.fetch, kind: isUser(what.kind) ? 'ux' : 'sx' },
  { va: what.data, kind: what.kind },
];

export interface GuestAccess {
  readonly va: number;
  readonly kind: AccessKind;
}

const instruction: ModelTransition = {
  name: 'guestInstruction',
  says:
    'Guest software executes an instruction that it fetches at one address and that reads or ' +
    'writes at another: it completes as a whole, or exits to KVM.',
  source: ['SDM "Paging"'],
  over: ['v', 'instruction'],
  at: 'guest',
  needs: ({ workload }) => workload.instructions.length > 0,
  sure: isRepeating,
  step: (kvm, v, number) => {
    const what = kvm.workload.instructions[number];
    if (what === undefined || !mayAct(kvm, v, 'access', what.fetch)) return false;
    const { ghost_faults, insn } = kvm.vcpu.at(v);
    if (ghost_faults > 0 && insn.instruction !== number + 1) return false;
    for (const { va, kind } of accessesOf(what)) {
      if (firstUsablePfn(kvm, v, va, kind) >= 0) continue;
      if (!fault(kvm, v, va, kind, 0)) return false;
      insn.instruction = number + 1;
      return true;
    }
    complete(kvm, v);
    if (isWrite(what.kind)) {
      performStore(kvm, v, what.data, firstUsablePfn(kvm, v, what.data, what.kind));
    }
    return true;
  },
};

const store: ModelTransition = {
  name: 'guestStore',
  says: 'Guest software stores an entry of a page table through an address that maps the table.',
  source: ['SDM "Paging"'],
  over: ['v', 'va', 'store'],
  at: 'guest',
  sure: isRepeating,
  needs: ({ workload }) => workload.budget.store > 0,
  step: (kvm, v, va, number) => {
    const what = kvm.workload.stores[number];
    if (what === undefined || !mayAct(kvm, v, 'store', va)) return false;
    const kind = storeKind(kvm);
    if (kvm.budget.store === 0 || isOther(kvm, v, va, kind, number + 1)) return false;
    if (guestTarget(kvm, v, va) !== what.gfn) return false;
    if (readGuest(kvm, what.gfn, what.index) === what.value) return false;
    const pfn = firstUsablePfn(kvm, v, va, kind);
    if (pfn < 0) return fault(kvm, v, va, kind, number + 1);
    kvm.budget.store -= 1;
    complete(kvm, v);
    performStore(kvm, v, va, pfn);
    if (pfn >= kvm.geometry.tables) return true;
    kvm.memory.at(pfn).set(what.index, what.value);
    guestMemoryChanged(kvm);
    return true;
  },
};

/** The frame to which the guest's own tables lead now: what software means to write. -1: none. */
const guestTarget = (kvm: Kvm, v: number, va: number): number => {
  const g = kvm.geometry;
  if (kvm.vcpu.at(v).cr0_pg_clear) return va;
  let gfn = g.cr3[kvm.vcpu.at(v).cr3] ?? 0;
  for (let level = g.levels; level > 0; level -= 1) {
    const pte = readGuest(kvm, gfn, tableIndex(g, va, level));
    if (!is_present_gpte(pte)) return -1;
    gfn = gpte_to_gfn(pte);
    if (level > 1 && is_large_pte(pte)) return gfn + (va % pagesPerLeaf(g, level));
  }
  return gfn;
};

const invlpg: ModelTransition = {
  name: 'guestInvlpg',
  says: 'INVLPG: exit; the hardware drops the address and its paging-structure caches.',
  source: ['SDM "Invalidation of TLBs and Paging-Structure Caches"', 'kvm_mmu_invlpg()'],
  over: ['v', 'va'],
  at: 'guest',
  sure: never,
  needs: ({ workload }) => workload.budget.invlpg > 0,
  step: (kvm, v, va) => {
    if (!mayAct(kvm, v, 'invlpg', va) || kvm.budget.invlpg === 0) return false;
    if (kvm.vcpu.at(v).cr0_pg_clear) return false;
    if (isOther(kvm, v, va, 'ur', 0) || kvm.vcpu.at(v).ghost_faults > 0) return false;
    kvm.budget.invlpg -= 1;
    resetAllowedAddress(kvm, v, va);
    flushLocalAddress(kvm, v, va);
    kvm.vcpu.at(v).insn.va = va;
    kvm.vcpu.at(v).pc = 'invlpg';
    return true;
  },
};

export const guestTransitions: readonly ModelTransition[] = [access, instruction, store, invlpg];
