/**
 * Guest frames in no slot: MMIO SPTEs, the faults on them, and emulation.
 *
 * Kernel: mark_mmio_spte(), check_mmio_spte(), handle_mmio_page_fault(), sync_mmio_spte(),
 * kvm_handle_noslot_fault(), x86_emulate_instruction().
 *
 * A fault on an MMIO SPTE is handled in the step of the exit: it reads the SPTE once, without a
 * lock, and what it finds is a function of that instant. An update of the slots that begins
 * between the exit and the read leaves the same state as one that begins before the exit.
 *
 * Abstracts: the emulator's walk of the address, for which the vCPU takes the way of a fault.
 */
import { isWrite } from '../access.ts';
import { permitsInMode } from '../modes.ts';
import { tableIndex, rootLevel } from '../geometry.ts';
import { generationOf, gfn_to_memslot, isMemory, isReadOnly, isUpdating } from '../memslot.ts';
import type { Kvm, MmuPageView } from '../state.ts';
import {
  get_mmio_spte_generation,
  get_mmio_spte_gfn,
  is_mmio_spte,
  isTableSpte,
  make_mmio_spte,
  NO_SPTE,
  spte_to_child_sp,
  spteAccess,
} from '../spte.ts';
import type { ModelTransition } from '../transition.ts';
import { goTo, isBefore } from './lock.ts';
import { spaceOf, spaceOfPage } from './mmu-page.ts';
import { vcpu_cache_mmio_info, vcpu_match_mmio_gva } from './mmio-info.ts';
import { kindOf, mappedAccess, startWalk, walkedGfn } from './walker.ts';

/** generation_mmio_spte_mask(): the part of the generation that an SPTE holds. */
const heldGeneration = (kvm: Kvm, as_id: number): number =>
  kvm.rules.mmio_encoding === 'whole' ? generationOf(kvm, as_id) : generationOf(kvm, as_id) % 2;

export const mark_mmio_spte = (
  kvm: Kvm,
  page: MmuPageView,
  index: number,
  gfn: number,
  access: number,
): void => {
  page.spt.set(index, make_mmio_spte(gfn, access, heldGeneration(kvm, spaceOfPage(page))));
};

/** check_mmio_spte(): whether nothing has happened to the slots since the SPTE was made. */
const check_mmio_spte = (kvm: Kvm, spte: number, as_id: number): boolean => {
  if (kvm.rules.mmio_generation === 'ignored') return true;
  if (isUpdating(kvm, as_id)) return false;
  return get_mmio_spte_generation(spte) === heldGeneration(kvm, as_id);
};

/** sync_mmio_spte(): the guest entry of an MMIO SPTE may lead elsewhere now. */
export const sync_mmio_spte = (
  kvm: Kvm,
  page: MmuPageView,
  index: number,
  gfn: number,
  access: number,
): void => {
  const same = gfn === get_mmio_spte_gfn(page.spt.get(index));
  const { sync_mmio } = kvm.rules;
  const slot =
    sync_mmio === 'clear-where-slot' && gfn_to_memslot(kvm, gfn, spaceOfPage(page)) !== 'none';
  if ((same || sync_mmio === 'renew-always') && !slot) {
    mark_mmio_spte(kvm, page, index, get_mmio_spte_gfn(page.spt.get(index)), access);
  } else {
    page.spt.set(index, NO_SPTE);
  }
};

/** The last entry of the hardware's walk, when it is an MMIO SPTE; else `NO_SPTE`. */
export const mmioSpteAt = (kvm: Kvm, v: number, va: number): number => {
  let { root: sp } = kvm.vcpu.at(v);
  for (let level = rootLevel(kvm.geometry); level > 0 && sp !== null; level -= 1) {
    const spte = kvm.sp.at(sp).spt.get(tableIndex(kvm.geometry, va, level));
    if (is_mmio_spte(spte)) return spte;
    sp = isTableSpte(spte) ? spte_to_child_sp(spte) : null;
  }
  return NO_SPTE;
};

/**
 * handle_mmio_page_fault(): with a current MMIO SPTE, or one remembered, the instruction is
 * emulated; with a stale one the fault takes the long way.
 */
export const handle_mmio_page_fault = (kvm: Kvm, v: number, spte: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (!vcpu_match_mmio_gva(kvm, vcpu)) {
    if (!check_mmio_spte(kvm, spte, spaceOf(vcpu))) {
      startWalk(kvm, v);
      return;
    }
    vcpu_cache_mmio_info(kvm, vcpu, get_mmio_spte_gfn(spte), spteAccess(spte));
  }
  vcpu.pc = 'emulate_mmio';
};

/**
 * The part of a fault that looks up the slot. Returns whether there is memory to map. Without a
 * slot the fault goes on to leave an MMIO SPTE; in a slot that is about to go it gives up.
 */
export const lookUpSlot = (kvm: Kvm, v: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  const gfn = walkedGfn(kvm, vcpu);
  const slot = gfn_to_memslot(kvm, gfn, spaceOf(vcpu));
  const isInvalid = slot === 'changing' && kvm.memslots.state === 'invalid';
  if (isInvalid && kvm.rules.invalid_slot === 'retry') {
    goTo(vcpu, 'enter');
    return false;
  }
  if (slot === 'none' || isInvalid) {
    vcpu.fault.slot = 'none';
    vcpu_cache_mmio_info(kvm, vcpu, gfn, mappedAccess(kvm, vcpu));
    vcpu.pc = 'lock_page_fault';
    return false;
  }
  vcpu.fault.slot = slot;
  if (!isReadOnly(kvm, gfn, spaceOf(vcpu)) || !isWrite(kindOf(vcpu))) return true;
  // KVM_PFN_ERR_RO_FAULT: a write to a read-only slot is for userspace.
  vcpu.pc = 'emulate_mmio';
  return false;
};

/** How the emulator performs the access: on which frame, and whether as MMIO. */
export interface Emulation {
  readonly gfn: number;
  readonly mmio: boolean;
}

/** What x86_emulate_instruction() makes of the access; `null` when it has to walk first. */
export const emulationOf = (kvm: Kvm, v: number): Emulation | null => {
  const vcpu = kvm.vcpu.at(v);
  const kind = kindOf(vcpu);
  if (vcpu_match_mmio_gva(kvm, vcpu) && permitsInMode(vcpu, vcpu.mmio.access, kind, vcpu.cr0_wp)) {
    return { gfn: vcpu.mmio.gfn, mmio: true };
  }
  const walked = vcpu.cr0_pg_clear || vcpu.walker.ptes.get(kvm.geometry.levels - 1) !== 0;
  if (!walked) return null;
  const gfn = walkedGfn(kvm, vcpu);
  const as_id = spaceOf(vcpu);
  const refused = isReadOnly(kvm, gfn, as_id) && isWrite(kind);
  return { gfn, mmio: !isMemory(kvm, gfn, as_id) || refused };
};

const emulate_mmio: ModelTransition = {
  name: 'x86_emulate_instruction',
  says:
    'Emulate an access for which there is no mapping: as MMIO, for userspace to perform, or on ' +
    'guest memory when a slot has come meanwhile.',
  source: ['x86_emulate_instruction()', 'vcpu_mmio_gva_to_gpa()', 'emulator_read_write_onepage()'],
  over: ['v'],
  at: 'emulate_mmio',
  needs: ({ geometry }) => geometry.memslot !== null,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'emulate_mmio')) return false;
    const vcpu = kvm.vcpu.at(v);
    const emulation = emulationOf(kvm, v);
    if (emulation === null) {
      startWalk(kvm, v);
      return true;
    }
    // The instruction completes; for MMIO the vCPU leaves KVM on the way.
    vcpu.ghost_faults = 0;
    if (emulation.mmio) vcpu.srcu_awaited = false;
    goTo(vcpu, 'enter');
    return true;
  },
};

export const mmioTransitions: readonly ModelTransition[] = [emulate_mmio];
