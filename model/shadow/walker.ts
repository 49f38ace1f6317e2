/**
 * What a guest walk found: struct guest_walker and what is computed from it. A vCPU without paging
 * walks nothing: the address is the frame, with all rights, in runs of any size.
 *
 * Kernel: struct guest_walker, FNAME(walk_addr_generic), FNAME(protect_clean_gpte), direct_map().
 */
import type { Kvm, VcpuView } from '../state.ts';
import {
  ACC_ALL,
  ACC_EXEC_MASK,
  ACC_USER_MASK,
  ACC_WRITE_MASK,
  withoutAc,
  type AccessKind,
} from '../access.ts';
import { pagesPerLeaf, tableIndex } from '../geometry.ts';
import { gpte_access, gpte_to_gfn, is_large_pte, protect_clean_gpte } from '../gpte.ts';
import { readGuest } from './mmu-page.ts';

export const kindNames: readonly AccessKind[] = ['ur', 'uw', 'ux', 'sr', 'sw', 'sx', 'ar', 'aw'];
export const kindOf = (vcpu: VcpuView): AccessKind => kindNames[vcpu.insn.kind] ?? 'ur';

/** walker.level: the level of the guest leaf; 2 or more for a large page. Without paging: all. */
export const leafLevel = (vcpu: VcpuView): number => {
  if (vcpu.cr0_pg_clear) return vcpu.walker.ptes.length;
  for (let level = vcpu.walker.ptes.length; level > 1; level -= 1) {
    if (is_large_pte(vcpu.walker.ptes.get(level - 1))) return level;
  }
  return 1;
};

/** walker.gfn: the frame that the address reaches. */
export const walkedGfn = (kvm: Kvm, vcpu: VcpuView): number => {
  if (vcpu.cr0_pg_clear) return vcpu.insn.va;
  const level = leafLevel(vcpu);
  const offset = vcpu.insn.va % pagesPerLeaf(kvm.geometry, level);
  return gpte_to_gfn(vcpu.walker.ptes.get(level - 1)) + offset;
};

/** walker.pt_access: rights accumulated from the root entry down to the entry at `level`. */
export const accessDownTo = (vcpu: VcpuView, level: number): number => {
  let access = ACC_ALL;
  if (vcpu.cr0_pg_clear) return access;
  for (let l = vcpu.walker.ptes.length; l >= level; l -= 1) {
    access &= gpte_access(vcpu.walker.ptes.get(l - 1));
  }
  return access;
};

/** walker.pte_access: the rights of the whole walk; no write through a clean entry. */
export const pteAccess = (vcpu: VcpuView): number => {
  if (vcpu.cr0_pg_clear) return ACC_ALL;
  const level = leafLevel(vcpu);
  return protect_clean_gpte(accessDownTo(vcpu, level), vcpu.walker.ptes.get(level - 1));
};

/**
 * The rights that the fault maps. With CR0.WP clear a supervisor write to a read-only page gets a
 * writable supervisor mapping, since hardware runs with CR0.WP set, and one that is not executable
 * where SMEP forbids fetches from user pages; not where there is no slot, lest the wrong rights be
 * kept for MMIO.
 */
export const mappedAccess = (kvm: Kvm, vcpu: VcpuView): number => {
  const access = pteAccess(vcpu);
  const kind = withoutAc(kindOf(vcpu));
  if (vcpu.fault.slot === 'none') return access;
  if (kind !== 'sw' || vcpu.cr0_wp || (access & ACC_WRITE_MASK) !== 0) return access;
  const flipped = (access | ACC_WRITE_MASK) & ~ACC_USER_MASK;
  const strips = vcpu.cr4_smep && kvm.rules.wp0_smep === 'not-executable';
  return strips ? flipped & ~ACC_EXEC_MASK : flipped;
};

/** The rights of a direct page, which are the guest's: what the host grants is up to each leaf. */
export const asHostGrants = (kvm: Kvm, vcpu: VcpuView, access: number): number =>
  kvm.rules.direct_host_write === 'and-host' && vcpu.fault.map_readonly
    ? access & ~ACC_WRITE_MASK
    : access;

/** The table that holds the entry at `level` of the walk. */
export const tableAt = (kvm: Kvm, vcpu: VcpuView, level: number): number =>
  level === kvm.geometry.levels
    ? (kvm.geometry.cr3[vcpu.cr3] ?? 0)
    : gpte_to_gfn(vcpu.walker.ptes.get(level));

/**
 * FNAME(gpte_changed): whether the entry that the walk read at `level` has another value now.
 * Its table is shadowed by then, hence write-protected or unsync.
 */
export const gpte_changed = (kvm: Kvm, v: number, level: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  if (vcpu.cr0_pg_clear) return false;
  const index = tableIndex(kvm.geometry, vcpu.insn.va, level);
  return readGuest(kvm, tableAt(kvm, vcpu, level), index) !== vcpu.walker.ptes.get(level - 1);
};

/** Sends a vCPU that exited on a fault to the guest walk, or past it when there is none. */
export const startWalk = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (vcpu.cr0_pg_clear) {
    vcpu.pc = 'direct_page_fault';
    return;
  }
  vcpu.walker.level = kvm.geometry.levels;
  vcpu.pc = 'walk_addr';
};
