/** A child is the shadow page that the guest entry and the role of its parent call for. */
import { isValid, readGuest } from '../model/shadow/mmu-page.ts';
import {
  gpte_access,
  gpte_to_gfn,
  gpteText,
  is_large_pte,
  is_present_gpte,
} from '../model/gpte.ts';
import type { MmuPageView, RoleView } from '../model/state.ts';
import { isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import { accessText } from '../model/access.ts';
import { hex, stateProperty } from './property.ts';
import { firstEntry, grantable, hasEntry, isSettled, somePage } from './helpers/pages.ts';

const hasModesOf = (role: RoleView, of: RoleView): boolean =>
  role.cr0_wp === of.cr0_wp &&
  role.efer_nx_clear === of.efer_nx_clear &&
  role.cr4_smep === of.cr4_smep &&
  role.smap_andnot_wp === of.smap_andnot_wp;

/**
 * A direct child below a guest leaf may have fewer rights than the leaf gives by now: KVM relinks
 * it when a fault needs them.
 */
const isImplied = (page: MmuPageView, child: MmuPageView, pte: number): boolean => {
  if (!is_present_gpte(pte) || child.gfn !== gpte_to_gfn(pte)) return false;
  const { direct } = child.role;
  if (!hasModesOf(child.role, page.role) || direct !== is_large_pte(pte)) return false;
  if (child.role.direct) return (child.role.access & ~grantable(page, pte)) === 0;
  return child.role.access === (page.role.access & gpte_access(pte));
};

/** The one entry of a root that passes through leads to the page that shadows its table. */
const isPassedThrough = (page: MmuPageView, { gfn, role }: MmuPageView, index: number): boolean =>
  index === 0 &&
  gfn === page.gfn &&
  hasModesOf(role, page.role) &&
  role.access === page.role.access &&
  !role.direct &&
  !role.passthrough;

export const childHasTheRoleThatItsEntryImplies = stateProperty({
  id: 'child-has-the-role-that-its-entry-implies',
  brief: 'SH-ROLE, Y1',
  says:
    'A child below a page in sync shadows the table that the guest entry names, with the access ' +
    'of its parent less what the entry takes away, in the same mode; below a root that passes ' +
    'through, the table of the root.',
  why:
    'Leaves carry the rights of their path: ways with different rights must not meet in one ' +
    'shadow page.',
  source: ['kvm_mmu_child_role()', 'FNAME(fetch)', 'CVE-2021-38198', 'CVE-2026-53359'],
  when: 'unlocked',
  reads: ['sp', 'memory', 'host_pfn', 'ghost', 'vcpu.emulated'],
  applies: (kvm) => hasEntry(kvm, 'table'),
  check: (kvm) =>
    firstEntry(kvm, (page, sp, index, spte) => {
      if (!isTableSpte(spte)) return null;
      const child = kvm.sp.at(spte_to_child_sp(spte));
      const passes = page.role.passthrough && isValid(page);
      if (!passes && !isSettled(kvm, page, index)) return null;
      const pte = readGuest(kvm, page.gfn, index);
      if (passes ? isPassedThrough(page, child, index) : isImplied(page, child, pte)) return null;
      return {
        message: 'a child is not the one that the guest entry calls for',
        where: {
          sp,
          index,
          child: spte_to_child_sp(spte),
          gfn: hex(child.gfn),
          access: accessText(child.role.access),
          entry: gpteText(pte),
        },
      };
    }),
  witness: {
    says: 'a child has less access than its parent, or two parents',
    reads: ['sp'],
    reached: (kvm) => somePage(kvm, (page) => page.role.access < 7 || page.parent_ptes.count() > 1),
  },
});
