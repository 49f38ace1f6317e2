/** No vCPU is in the guest on a root that was zapped. */
import { is_obsolete_sp, rootGfn } from '../model/shadow/mmu-page.ts';
import type { MmuPageView } from '../model/state.ts';
import type { Kvm } from './property.ts';
import { stateProperty } from './property.ts';

const inGuest = (kvm: Kvm, v: number): boolean => kvm.vcpu.at(v).pc === 'guest';

/** Modes that the rules leave out of the role show elsewhere: of EFER.NX, see the findings. */
const hasModeOf = (kvm: Kvm, v: number, { role }: MmuPageView): boolean => {
  const { cr0_pg_clear, cr0_wp, cr4_smap, cr4_smep, efer_nx_clear, smm } = kvm.vcpu.at(v);
  if (role.direct !== cr0_pg_clear) return false;
  if (kvm.rules.role_smm === 'in-role' && role.smm !== smm) return false;
  // Without paging no mode of it counts.
  if (role.direct) return true;
  if (role.cr0_wp !== cr0_wp) return false;
  const { role_smap, role_smep } = kvm.rules;
  if (role_smep === 'in-role' && role.cr4_smep !== cr4_smep) return false;
  const smap = cr4_smap && !cr0_wp;
  if (role_smap === 'and-not-wp' && role.smap_andnot_wp !== smap) return false;
  return kvm.rules.role_efer_nx === 'forced' || role.efer_nx_clear === efer_nx_clear;
};

export const guestRunsOnAValidRoot = stateProperty({
  id: 'guest-runs-on-a-valid-root',
  brief: 'ROOT-VALID',
  says:
    'The root of a vCPU in the guest is valid, matches its role, and shadows its CR3 or, without ' +
    'paging, no table.',
  why: 'The guest would run by tables that KVM no longer maintains, or by those of another mode.',
  source: ['kvm_mmu_reload()', 'is_root_usable()', 'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS'],
  when: 'in-guest',
  reads: [
    'sp',
    'vcpu.cr0_pg_clear',
    'vcpu.cr0_wp',
    'vcpu.efer_nx_clear',
    'vcpu.cr4_smep',
    'vcpu.cr4_smap',
    'vcpu.cr3',
    'vcpu.pc',
    'vcpu.root',
    'vcpu.smm',
  ],
  applies: (kvm) => kvm.vcpu.length > 0,
  check: (kvm) => {
    for (let v = 0; v < kvm.vcpu.length; v += 1) {
      if (!inGuest(kvm, v)) continue;
      const { root } = kvm.vcpu.at(v);
      if (root === null) return { message: 'a guest runs without a root', where: { vcpu: v } };
      const page = kvm.sp.at(root);
      const fits = page.gfn === rootGfn(kvm, v) && hasModeOf(kvm, v, page);
      if (!is_obsolete_sp(page) && fits) continue;
      const where = { vcpu: v, root, obsolete: is_obsolete_sp(page) };
      return { message: 'a guest runs on a root that is not its own', where };
    }
    return null;
  },
  witness: {
    says: 'all vCPUs are in the guest',
    reads: ['vcpu.pc'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) if (!inGuest(kvm, v)) return false;
      return true;
    },
  },
});
