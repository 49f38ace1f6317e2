/**
 * Page-modification logging: the processor keeps a log of its own, by the dirty flag.
 *
 * Kernel: vmx_flush_pml_buffer(), kvm_arch_sync_dirty_log(). Manual: "Page-Modification Logging".
 *
 * Abstracts: a full buffer, which makes the vCPU leave the guest, as anything else may. Who asks
 * for dirty pages kicks vCPUs out of the guest and does not wait for them.
 */
import { ACC_WRITE_MASK } from '../access.ts';
import { tableIndex, rootLevel } from '../geometry.ts';
import { hasPml } from '../layout/dirty-log.ts';
import { noteStore, pageOf, vmx_flush_pml_buffer } from '../shadow/dirty-log.ts';
import {
  is_last_spte,
  isDirtyClear,
  isTableSpte,
  spte_to_child_sp,
  withDirtySet,
} from '../spte.ts';
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';

/** The entry that a hardware walk from the root ends in; `null` where it is no leaf. */
const leafPlace = (kvm: Kvm, v: number, va: number): { sp: number; index: number } | null => {
  let { root: sp } = kvm.vcpu.at(v);
  for (let level = rootLevel(kvm.geometry); level > 0 && sp !== null; level -= 1) {
    const index = tableIndex(kvm.geometry, va, level);
    const spte = kvm.sp.at(sp).spt.get(index);
    if (is_last_spte(spte)) return { sp, index };
    sp = isTableSpte(spte) ? spte_to_child_sp(spte) : null;
  }
  return null;
};

/** Whether `v` holds a translation by which it writes without looking at the dirty flag. */
const writesByTlb = (kvm: Kvm, v: number, va: number): boolean => {
  const { ghost_tlb } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_tlb.length; i += 1) {
    const { valid, access, clean } = ghost_tlb.at(i);
    if (valid && ghost_tlb.at(i).va === va && !clean && (access & ACC_WRITE_MASK) !== 0)
      return true;
  }
  return false;
};

/**
 * PML: before it writes by a leaf whose dirty flag is clear, the processor sets the flag and logs
 * the page in the buffer of the vCPU. Manual: "Page-Modification Logging".
 */
const setDirtyFlag = (kvm: Kvm, v: number, va: number): void => {
  if (!hasPml(kvm.geometry) || writesByTlb(kvm, v, va)) return;
  const place = leafPlace(kvm, v, va);
  if (place === null) return;
  const { spt } = kvm.sp.at(place.sp);
  const spte = spt.get(place.index);
  if (!isDirtyClear(spte)) return;
  spt.set(place.index, withDirtySet(spte));
  const { ghost_tlb, pml_buffer } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_tlb.length; i += 1) {
    if (ghost_tlb.at(i).va === va) ghost_tlb.at(i).clean = false;
  }
  // The address is the guest physical one.
  if (kvm.dirty_log.enabled && pageOf(kvm, va) >= 0) pml_buffer.add(pageOf(kvm, va));
};

/** A store reaches its frame, and the log of dirty pages where the processor keeps one. */
export const performStore = (kvm: Kvm, v: number, va: number, pfn: number): void => {
  setDirtyFlag(kvm, v, va);
  noteStore(kvm, pfn);
};

const flush_pml_buffer: ModelTransition = {
  name: 'vmx_flush_pml_buffer',
  says: 'A vCPU leaves the guest and enters it again; what the processor has logged is marked.',
  source: ['vmx_flush_pml_buffer()', 'kvm_arch_sync_dirty_log()'],
  over: ['v'],
  at: 'guest',
  needs: ({ geometry }) => hasPml(geometry),
  sure: never,
  step: (kvm, v) => kvm.vcpu.at(v).pc === 'guest' && vmx_flush_pml_buffer(kvm, v),
};

export const pmlTransitions: readonly ModelTransition[] = [flush_pml_buffer];
