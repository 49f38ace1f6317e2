/**
 * What CR4.SMEP and CR4.SMAP add to the rights of a page, and what CR4.PCIDE makes of CR3.
 *
 * Kernel: permission_fault(), kvm_get_active_pcid().
 */
import { ACC_USER_MASK, permits, type AccessKind } from './access.ts';
import type { Kvm, VcpuView } from './state.ts';

/**
 * Whether the mode of the vCPU forbids such an access to user pages: a fetch of the supervisor with
 * CR4.SMEP, its data accesses with CR4.SMAP. EFLAGS.AC lifts the second.
 */
export const isBarredFromUserPages = (
  vcpu: Pick<VcpuView, 'cr4_smap' | 'cr4_smep'>,
  kind: AccessKind,
): boolean => {
  if (kind === 'sx') return vcpu.cr4_smep;
  return (kind === 'sr' || kind === 'sw') && vcpu.cr4_smap;
};

/** Whether the rights of a whole path permit an access in the mode of the vCPU. */
export const permitsInMode = (
  vcpu: Pick<VcpuView, 'cr4_smap' | 'cr4_smep'>,
  access: number,
  kind: AccessKind,
  cr0_wp: boolean,
): boolean => {
  if (!permits(access, kind, cr0_wp)) return false;
  return (access & ACC_USER_MASK) === 0 || !isBarredFromUserPages(vcpu, kind);
};

/** kvm_get_active_pcid(): 0 while CR4.PCIDE is clear. */
export const activePcid = (kvm: Kvm, v: number): number => {
  const vcpu = kvm.vcpu.at(v);
  return vcpu.cr4_pcide ? (kvm.geometry.pcids[vcpu.cr3] ?? 0) : 0;
};
