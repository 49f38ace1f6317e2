/**
 * What guest software does to control registers: CR3, CR0.WP, CR0.PG, CR4 and EFER.NX.
 *
 * Kernel: kvm_set_cr3(), kvm_set_cr0(), kvm_set_cr4(), kvm_set_msr_common().
 */
import type { Kvm } from '../state.ts';
import { hasPcids } from '../geometry.ts';
import { hasGuestFlush } from '../layout/vcpu.ts';
import { activePcid } from '../modes.ts';
import { never, type ModelTransition } from '../transition.ts';
import {
  kvm_mmu_new_pgd,
  kvm_mmu_reset_context,
  switchGivesRootBack,
} from '../shadow/root-cache.ts';
import { keepAllowed, keepAllowedWithoutNx, resetAllowed, resetAllowedAll } from '../tlb/oracle.ts';
import { kvm_invalidate_pcid, requestFlushGuest } from './invpcid.ts';
import { mayMove, mayTakeLock } from './moves.ts';

const mov_cr3: ModelTransition = {
  name: 'guestMovCr3',
  says: 'MOV CR3: look for a cached root, ask for a sync and a flush before the guest runs on.',
  source: ['kvm_set_cr3()', 'kvm_mmu_new_pgd()', 'kvm_invalidate_pcid()'],
  over: ['v', 'cr3'],
  at: 'guest',
  sure: never,
  needs: ({ workload }) => workload.budget.cr3 > 0,
  step: (kvm, v, cr3) => {
    if (!mayMove(kvm, v, 'cr3')) return false;
    const vcpu = kvm.vcpu.at(v);
    const changes = vcpu.cr3 !== cr3;
    if (!vcpu.cr4_pcide && (kvm.geometry.pcids[cr3] ?? 0) > 0) return false;
    const locks = vcpu.cr4_pcide || (changes && switchGivesRootBack(kvm, v, cr3));
    if (locks && !mayTakeLock(kvm, v)) return false;
    kvm.budget.cr3 -= 1;
    vcpu.cr3 = cr3;
    if (changes) kvm_mmu_new_pgd(kvm, v);
    kvm_invalidate_pcid(kvm, v, activePcid(kvm, v));
    vcpu.pc = 'enter';
    return true;
  },
};

const mov_cr3_noflush: ModelTransition = {
  name: 'guestMovCr3.noflush',
  says: 'MOV CR3 with bit 63 set: look for a cached root; what the PCID has cached stays valid.',
  source: ['kvm_set_cr3()', 'kvm_mmu_new_pgd()', 'X86_CR3_PCID_NOFLUSH'],
  over: ['v', 'cr3'],
  at: 'guest',
  sure: never,
  needs: ({ geometry, workload }) => hasPcids(geometry) && workload.budget.cr3 > 0,
  step: (kvm, v, cr3) => {
    const vcpu = kvm.vcpu.at(v);
    if (!vcpu.cr4_pcide || vcpu.cr3 === cr3 || !mayMove(kvm, v, 'cr3')) return false;
    if (switchGivesRootBack(kvm, v, cr3) && !mayTakeLock(kvm, v)) return false;
    kvm.budget.cr3 -= 1;
    vcpu.cr3 = cr3;
    kvm_mmu_new_pgd(kvm, v);
    keepAllowed(kvm, v);
    vcpu.pc = 'enter';
    return true;
  },
};

const mov_cr0_pg: ModelTransition = {
  name: 'guestMovCr0Pg',
  says:
    'MOV CR0 clears or sets PG: the MMU becomes a direct one or one with guest tables, and roots ' +
    'go. Clearing it flushes.',
  source: ['kvm_set_cr0()', 'kvm_post_set_cr0()', 'kvm_mmu_reset_context()'],
  over: ['v'],
  at: 'guest',
  sure: never,
  needs: ({ workload }) => workload.budget.pg > 0,
  step: (kvm, v) => {
    const vcpu = kvm.vcpu.at(v);
    if (vcpu.cr4_pcide || !mayMove(kvm, v, 'pg') || !mayTakeLock(kvm, v)) return false;
    kvm.budget.pg -= 1;
    vcpu.cr0_pg_clear = !vcpu.cr0_pg_clear;
    resetAllowedAll(kvm, v);
    if (kvm.rules.pg_reset === 'roots-freed') kvm_mmu_reset_context(kvm, v);
    // With all roots given back, this is all there is of KVM_REQ_TLB_FLUSH_GUEST.
    if (vcpu.cr0_pg_clear) vcpu.request_flush_current = true;
    vcpu.pc = 'enter';
    return true;
  },
};

const mov_cr0_wp: ModelTransition = {
  name: 'guestMovCr0Wp',
  says: 'MOV CR0 toggles write protection for the supervisor: the role changes, roots go.',
  source: ['kvm_set_cr0()', 'kvm_mmu_reset_context()'],
  over: ['v'],
  at: 'guest',
  sure: never,
  needs: ({ workload }) => workload.budget.wp > 0,
  step: (kvm, v) => {
    if (!mayMove(kvm, v, 'wp') || !mayTakeLock(kvm, v)) return false;
    kvm.budget.wp -= 1;
    const vcpu = kvm.vcpu.at(v);
    vcpu.cr0_wp = !vcpu.cr0_wp;
    kvm_mmu_reset_context(kvm, v);
    vcpu.pc = 'enter';
    return true;
  },
};

/** Clearing CR4.PCIDE, where it is set and cleared, flushes everything, whatever the PCID. */
const clearPcide = (kvm: Kvm, v: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  if (!hasGuestFlush(kvm)) return false;
  kvm.budget.cr4 -= 1;
  vcpu.cr4_pcide = false;
  resetAllowedAll(kvm, v);
  if (kvm.rules.pcide_clear === 'guest-flush') requestFlushGuest(vcpu);
  vcpu.pc = 'enter';
  return true;
};

/** Setting CR4.PCIDE flushes nothing; cached roots may be stale all the same, and go. */
const setPcide = (kvm: Kvm, v: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  // The PCID of CR3 must be 0.
  if ((kvm.geometry.pcids[vcpu.cr3] ?? 0) > 0 || !mayTakeLock(kvm, v)) return false;
  kvm.budget.cr4 -= 1;
  vcpu.cr4_pcide = true;
  if (kvm.rules.pcide_roots === 'freed') kvm_mmu_reset_context(kvm, v);
  vcpu.pc = 'enter';
  return true;
};

const mov_cr4: ModelTransition = {
  name: 'guestMovCr4',
  says:
    'MOV CR4 toggles SMEP or SMAP, which forbid accesses of the supervisor to user pages: the ' +
    'role changes, roots go. Setting SMEP flushes. Or it sets PCIDE, and ' +
    'cached roots go, or clears it, and everything is flushed.',
  source: ['kvm_set_cr4()', 'kvm_post_set_cr4()', 'kvm_mmu_reset_context()'],
  over: ['v', 'cr4'],
  at: 'guest',
  needs: ({ workload }) => workload.budget.cr4 > 0,
  sure: never,
  step: (kvm, v, number) => {
    const bit = kvm.geometry.cr4[number];
    if (bit === undefined || !mayMove(kvm, v, 'cr4')) return false;
    if (bit === 'pcide') {
      return kvm.vcpu.at(v).cr4_pcide ? clearPcide(kvm, v) : setPcide(kvm, v);
    }
    const resets = bit === 'smep' || kvm.rules.cr4_reset === 'role-bits';
    if (resets && !mayTakeLock(kvm, v)) return false;
    kvm.budget.cr4 -= 1;
    const vcpu = kvm.vcpu.at(v);
    if (bit === 'smep') vcpu.cr4_smep = !vcpu.cr4_smep;
    else vcpu.cr4_smap = !vcpu.cr4_smap;
    if (bit === 'smep' && vcpu.cr4_smep) {
      resetAllowed(kvm, v);
      vcpu.request_flush_current = true;
    }
    if (resets) kvm_mmu_reset_context(kvm, v);
    vcpu.pc = 'enter';
    return true;
  },
};

const wrmsr_efer_nx: ModelTransition = {
  name: 'guestWrmsrEferNx',
  says: 'WRMSR toggles EFER.NX, by which an entry that is not executable is malformed or not.',
  source: ['kvm_set_msr_common()', 'kvm_mmu_reset_context()'],
  over: ['v'],
  at: 'guest',
  needs: ({ workload }) => workload.budget.efer_nx > 0,
  sure: never,
  step: (kvm, v) => {
    if (!mayMove(kvm, v, 'efer_nx') || !mayTakeLock(kvm, v)) return false;
    kvm.budget.efer_nx -= 1;
    const vcpu = kvm.vcpu.at(v);
    vcpu.efer_nx_clear = !vcpu.efer_nx_clear;
    if (vcpu.efer_nx_clear) keepAllowedWithoutNx(kvm, v);
    kvm_mmu_reset_context(kvm, v);
    vcpu.pc = 'enter';
    return true;
  },
};

export const controlTransitions: readonly ModelTransition[] = [
  mov_cr3,
  mov_cr3_noflush,
  mov_cr0_pg,
  mov_cr0_wp,
  mov_cr4,
  wrmsr_efer_nx,
];
