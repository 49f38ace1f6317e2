/**
 * What a vCPU remembers of its last MMIO access, so that the next one needs no walk.
 *
 * Kernel: vcpu_cache_mmio_info(), vcpu_clear_mmio_info(), vcpu_match_mmio_gva().
 */
import { generationOf, isUpdating } from '../memslot.ts';
import type { Kvm, VcpuView } from '../state.ts';
import { spaceOf } from './mmu-page.ts';

/** vcpu_cache_mmio_info(): not while an update of the slots is in progress. */
export const vcpu_cache_mmio_info = (
  kvm: Kvm,
  vcpu: VcpuView,
  gfn: number,
  access: number,
): void => {
  if (isUpdating(kvm, spaceOf(vcpu))) return;
  vcpu.mmio.va = vcpu.insn.va + 1;
  vcpu.mmio.gfn = gfn;
  vcpu.mmio.access = access;
  vcpu.mmio.generation = generationOf(kvm, spaceOf(vcpu));
};

/** vcpu_clear_mmio_info(): for one address, or for any (MMIO_GVA_ANY). */
export const vcpu_clear_mmio_info = (vcpu: VcpuView, va?: number): void => {
  if (va !== undefined && vcpu.mmio.va !== va + 1) return;
  vcpu.mmio.va = 0;
  vcpu.mmio.gfn = 0;
  vcpu.mmio.access = 0;
  vcpu.mmio.generation = 0;
};

/** vcpu_match_mmio_gva() for the address of the instruction. */
export const vcpu_match_mmio_gva = (kvm: Kvm, vcpu: VcpuView): boolean => {
  if (vcpu.mmio.va !== vcpu.insn.va + 1) return false;
  if (kvm.rules.mmio_cache_generation === 'ignored') return true;
  const as_id = spaceOf(vcpu);
  return vcpu.mmio.generation === generationOf(kvm, as_id) && !isUpdating(kvm, as_id);
};
