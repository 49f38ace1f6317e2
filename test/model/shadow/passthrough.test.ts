import { describe, expect, it } from 'vitest';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import {
  kvm_mmu_child_role,
  rootRole,
  setRole,
  sp_has_gptes,
} from '../../../model/shadow/mmu-page.ts';
import { childHasTheRoleThatItsEntryImplies } from '../../../properties/child-has-the-role-that-its-entry-implies.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, run, type KvmInput } from '../../support/kvm.ts';

/** A root of three levels for table 0 of two; the vCPU is about to look for its child. */
const aRoot = (rules: KvmInput['rules'] = {}) => {
  const program = aProgram({
    geometry: { passthrough: true, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    rules,
  });
  const kvm = program.current;
  aPage(kvm, 0, { gfn: 0, level: 3, root_count: 1, direct: true });
  setRole(kvm.sp.at(0).role, rootRole(kvm, 0));
  aVcpu(kvm, 0, { root: 0 });
  return { program, kvm };
};

const property = childHasTheRoleThatItsEntryImplies;

const find = (kvm: ReturnType<typeof aRoot>['kvm']) =>
  property.kind === 'state' ? property.check(kvm) : null;

describe('a root that passes through', () => {
  it('is one level above the guest, shadows no table, and does not pass that on', () => {
    const { kvm } = aRoot();
    const root = kvm.sp.at(0);
    expect([root.role.level, root.role.passthrough, sp_has_gptes(root)]).toEqual([3, true, false]);
    setRole(kvm.sp.at(1).role, kvm_mmu_child_role(kvm, root, false, 7));
    expect([kvm.sp.at(1).role.level, kvm.sp.at(1).role.passthrough]).toEqual([2, false]);
  });

  it('leads by its one entry to the page of its own table, then as the guest does', () => {
    const { program, kvm } = aRoot();
    const step = (name: string, args = {}) => run(program, name, { v: 0, ...args });
    kvm.budget.fault = 0;
    kvm.vcpu.at(0).pc = 'lock_page_fault';
    kvm.vcpu.at(0).walker.ptes.set(1, gpte({ gfn: 1 }));
    kvm.vcpu.at(0).walker.ptes.set(0, gpte({ gfn: 4 }));
    expect(step('FNAME(page_fault)')).toBe(true);
    expect(kvm.mmu_lock.level).toBe(3);
    expect(step('kvm_mmu_get_child_sp')).toBe(true);
    expect([kvm.sp.at(1).gfn, kvm.sp.at(1).role.level]).toEqual([0, 2]);
    expect(kvm.gfn_write_track.get(0)).toBe(1);
    expect(step('FNAME(fetch).recheck')).toBe(true);
    expect(step('kvm_mmu_get_child_sp')).toBe(true);
    expect([kvm.sp.at(2).gfn, kvm.sp.at(2).role.level]).toEqual([1, 1]);
    expect(find(kvm)).toBeNull();
  });

  it('must not lead elsewhere', () => {
    const { kvm } = aRoot();
    aPage(kvm, 1, { gfn: 1, level: 2 });
    aLink(kvm, 0, 1);
    aPage(kvm, 2, { gfn: 1 });
    aLeaf(kvm, 2, { gfn: 4 });
    expect(find(kvm)?.where).toMatchObject({ sp: 0, index: 0, child: 1 });
  });
});
