/**
 * Shadow pages: identity, role, and where their parts are.
 *
 * Kernel: struct kvm_mmu_page, union kvm_mmu_page_role, sp_has_gptes(), kvm_mmu_child_role().
 */
import type { Kvm, MmuPageView, RoleView, VcpuView } from '../state.ts';
import { ACC_ALL } from '../access.ts';
import { rootLevel } from '../geometry.ts';
import type { Warning } from '../labels.ts';
import { NO_GPTE } from '../gpte.ts';

/** sptep: one entry of one shadow page as a single number. */
export const sptepOf = (kvm: Kvm, sp: number, index: number): number =>
  sp * kvm.geometry.entries + index;
export const sptep_to_sp = (kvm: Kvm, sptep: number): number =>
  Math.floor(sptep / kvm.geometry.entries);
export const spte_index = (kvm: Kvm, sptep: number): number => sptep % kvm.geometry.entries;

export const isAllocated = (page: MmuPageView): boolean => page.list !== 'free';

/** is_obsolete_sp(): zapped, or of the generation before the last zap-all. */
export const is_obsolete_sp = (page: MmuPageView): boolean => page.role.invalid || page.obsolete;

/** Whether a lookup may return the page: allocated and not obsolete. */
export const isValid = (page: MmuPageView): boolean => isAllocated(page) && !is_obsolete_sp(page);

/** Whether the page is counted as shadowing a guest table: until it is zapped. */
export const isAccounted = (page: MmuPageView): boolean =>
  isAllocated(page) && !page.role.invalid && sp_has_gptes(page);

/** Whether the page shadows a guest page table. */
export const sp_has_gptes = ({ role }: MmuPageView): boolean => !role.direct && !role.passthrough;

/** role.word without the invalid bit: two contexts share a page iff gfn and word are equal. */
export const roleWord = (role: RoleView): number =>
  makeRole(
    role.level,
    role.access,
    role.direct,
    role.cr0_wp,
    role.efer_nx_clear,
    role.cr4_smep,
    role.smap_andnot_wp,
    role.smm,
    role.passthrough,
  );

export const makeRole = (
  level: number,
  access: number,
  direct: boolean,
  cr0_wp: boolean,
  efer_nx_clear = false,
  cr4_smep = false,
  smap_andnot_wp = false,
  smm = false,
  passthrough = false,
): number =>
  level |
  (access << 2) |
  (direct ? 32 : 0) |
  (cr0_wp ? 64 : 0) |
  (efer_nx_clear ? 128 : 0) |
  (cr4_smep ? 256 : 0) |
  (smap_andnot_wp ? 512 : 0) |
  (smm ? 1024 : 0) |
  (passthrough ? 2048 : 0);

export const roleLevel = (word: number): number => word & 3;

/** Writes a word into the role of a new page. */
export const setRole = (role: RoleView, word: number): void => {
  role.level = roleLevel(word);
  role.access = (word >>> 2) & 7;
  role.direct = (word & 32) !== 0;
  role.cr0_wp = (word & 64) !== 0;
  role.efer_nx_clear = (word & 128) !== 0;
  role.cr4_smep = (word & 256) !== 0;
  role.smap_andnot_wp = (word & 512) !== 0;
  role.smm = (word & 1024) !== 0;
  role.passthrough = (word & 2048) !== 0;
  role.invalid = false;
};

/** kvm_mmu_child_role(): the parent's role one level lower, with the caller's access. */
export const kvm_mmu_child_role = (
  kvm: Kvm,
  parent: MmuPageView,
  direct: boolean,
  access: number,
): number => {
  // The warning came together with the check that a root is still valid.
  const { fault_quota, stale_root_check } = kvm.rules;
  const warns = stale_root_check === 'checked' && fault_quota !== 'after-stale-check';
  if (parent.role.invalid && warns) {
    warn(kvm, 'child-role-invalid');
  }
  const below = kvm.rules.child_level === 'one-below' ? 1 : 0;
  const { level, cr0_wp, efer_nx_clear, cr4_smep, smap_andnot_wp, smm } = parent.role;
  const inherits = parent.role.passthrough && kvm.rules.child_passthrough === 'inherited';
  const modes = [cr0_wp, efer_nx_clear, cr4_smep, smap_andnot_wp, smm, inherits] as const;
  return makeRole(level - below, access, direct, ...modes);
};

/**
 * Role of the root that a vCPU needs. Without paging it is direct and tells no modes apart.
 * Abstracts: role bits of modes that no scenario changes.
 */
export const rootRole = (kvm: Kvm, v: number): number => {
  const level = rootLevel(kvm.geometry);
  const direct = kvm.vcpu.at(v).cr0_pg_clear && kvm.rules.role_direct === 'in-role';
  return direct
    ? makeRole(level, ACC_ALL, true, false, false, false, false, roleSmm(kvm, v))
    : makeRole(
        level,
        ACC_ALL,
        false,
        ...roleModes(kvm, v),
        roleSmm(kvm, v),
        kvm.geometry.passthrough,
      );
};

const roleSmm = (kvm: Kvm, v: number): boolean =>
  kvm.rules.role_smm === 'in-role' && kvm.vcpu.at(v).smm;

/** kvm_arch_vcpu_memslots_id(): the address space that a vCPU sees. */
export const spaceOf = (vcpu: VcpuView): number => (vcpu.smm ? 1 : 0);

/** kvm_memslots_for_spte_role(): the address space whose slots have the rmaps of a page. */
export const spaceOfPage = ({ role }: MmuPageView): number => (role.smm ? 1 : 0);

/** The frame that the root shadows: that of CR3, and without paging the first of all. */
export const rootGfn = (kvm: Kvm, v: number): number => {
  const { cr0_pg_clear, cr3 } = kvm.vcpu.at(v);
  return cr0_pg_clear ? 0 : (kvm.geometry.cr3[cr3] ?? 0);
};

/** kvm_calc_cpu_role(): CR0.WP, EFER.NX, CR4.SMEP, and CR4.SMAP where CR0.WP is clear. */
const roleModes = (kvm: Kvm, v: number): readonly [boolean, boolean, boolean, boolean] => {
  const { cr0_wp, cr4_smap, cr4_smep } = kvm.vcpu.at(v);
  const { role_smap, role_smep } = kvm.rules;
  const smep = cr4_smep && role_smep === 'in-role';
  const smap = cr4_smap && !cr0_wp && role_smap === 'and-not-wp';
  return [roleCr0Wp(kvm, v), roleEferNxClear(kvm, v), smep, smap];
};

const roleCr0Wp = (kvm: Kvm, v: number): boolean =>
  kvm.rules.role_cr0_wp === 'in-role' ? kvm.vcpu.at(v).cr0_wp : true;

/** kvm_init_shadow_mmu(): hardware runs with EFER.NX set, and so does every role. */
const roleEferNxClear = (kvm: Kvm, v: number): boolean =>
  kvm.rules.role_efer_nx === 'in-role' && kvm.vcpu.at(v).efer_nx_clear;

/** WARN_ON_ONCE(): the first one sticks; the property on kernel warnings reports it. */
export const warn = (kvm: Kvm, which: Warning): void => {
  if (kvm.ghost.warning === 'none') kvm.ghost.warning = which;
};

/** The host frame behind a guest frame now: what the primary MMU reports. */
export const pfnOf = (kvm: Kvm, gfn: number): number =>
  gfn < kvm.host_pfn.length ? kvm.host_pfn.get(gfn) : (kvm.geometry.host_pfn[gfn] ?? gfn);

/**
 * Reads an entry of a guest table in guest memory. Frames that hold no table read as zeros:
 * nobody stores entries there.
 */
export const readGuest = (kvm: Kvm, gfn: number, index: number): number => {
  const pfn = pfnOf(kvm, gfn);
  return pfn < kvm.geometry.tables ? kvm.memory.at(pfn).get(index) : NO_GPTE;
};
