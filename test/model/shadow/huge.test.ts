import { describe, expect, it } from 'vitest';
import type { Kvm } from '../../../model/index.ts';
import { gpte } from '../../../model/gpte.ts';
import {
  countDisallowLpage,
  disallowed_hugepage_adjust,
  isHugePageDisallowed,
  kvm_mmu_hugepage_adjust,
  kvm_mmu_max_mapping_level,
} from '../../../model/shadow/huge.ts';
import { kindNames } from '../../../model/shadow/walker.ts';
import { aKvm, aLink, aPage, hold, type KvmInput } from '../../support/kvm.ts';

/** Three levels over eight frames: 4..7 are one large page of the guest, of 1G in its terms. */
const aHugeKvm = (input: KvmInput = {}, host = 3): Kvm => {
  const geometry = {
    levels: 3,
    gfns: 8,
    shadow_pages: 6,
    host_level: [1, 1, 2, 2, ...Array<number>(4).fill(host)],
  };
  const kvm = aKvm({ nx_huge_pages: 'force', geometry, ...input });
  const vcpu = kvm.vcpu.at(0);
  vcpu.walker.ptes.set(2, gpte({ gfn: 4, large: true }));
  vcpu.fault.nx_huge_page_workaround_enabled = true;
  hold(kvm);
  kvm.mmu_lock.level = 3;
  kvm.mmu_lock.sp = aPage(kvm, 0, { level: 3 });
  return kvm;
};

const fetches = (kvm: Kvm): void => {
  kvm.vcpu.at(0).insn.kind = kindNames.indexOf('ux');
};

describe('kvm_mmu_max_mapping_level', () => {
  it('takes the least of guest, host and what nothing forbids', () => {
    const kvm = aHugeKvm();
    expect([1, 2, 3].map((level) => kvm_mmu_max_mapping_level(kvm, 5, level))).toEqual([1, 2, 3]);
    expect(kvm_mmu_max_mapping_level(aHugeKvm({}, 2), 5, 3)).toBe(2);
    expect(kvm_mmu_max_mapping_level(kvm, 0, 3)).toBe(1);
  });

  it('goes down to the level at which no table is shadowed', () => {
    const kvm = aHugeKvm();
    countDisallowLpage(kvm, 7, 1);
    expect([4, 6].map((gfn) => kvm_mmu_max_mapping_level(kvm, gfn, 3))).toEqual([2, 1]);
    countDisallowLpage(kvm, 7, -1);
    expect(kvm_mmu_max_mapping_level(kvm, 6, 3)).toBe(3);
  });

  it('maps nothing huge where guest memory ends within the run', () => {
    const kvm = aKvm({ geometry: { gfns: 5, host_level: [1, 1, 1, 1, 2] } });
    expect(kvm_mmu_max_mapping_level(kvm, 4, 2)).toBe(1);
  });
});

describe('kvm_mmu_hugepage_adjust', () => {
  it('maps at the highest level, also under the mitigation', () => {
    const kvm = aHugeKvm();
    kvm_mmu_hugepage_adjust(kvm, kvm.vcpu.at(0));
    expect([kvm.mmu_lock.goal_level, kvm.mmu_lock.req_level]).toEqual([3, 0]);
  });

  it('maps what is fetched at 4K under the mitigation, and remembers what it would have', () => {
    const kvm = aHugeKvm();
    fetches(kvm);
    kvm_mmu_hugepage_adjust(kvm, kvm.vcpu.at(0));
    expect([kvm.mmu_lock.goal_level, kvm.mmu_lock.req_level]).toEqual([1, 3]);
  });

  it('goes by what the mitigation was when the fault began', () => {
    const kvm = aHugeKvm();
    fetches(kvm);
    kvm.vcpu.at(0).fault.nx_huge_page_workaround_enabled = false;
    expect(isHugePageDisallowed(kvm, kvm.vcpu.at(0))).toBe(false);
    kvm_mmu_hugepage_adjust(kvm, kvm.vcpu.at(0));
    expect(kvm.mmu_lock.goal_level).toBe(3);
  });
});

describe('disallowed_hugepage_adjust', () => {
  const overTable = (flagged: boolean, input: KvmInput = {}): number => {
    const kvm = aHugeKvm(input);
    kvm.mmu_lock.goal_level = 3;
    aLink(kvm, 0, aPage(kvm, 1, { gfn: 4, level: 2, direct: true }));
    kvm.sp.at(1).nx_huge_page_disallowed = flagged;
    disallowed_hugepage_adjust(kvm, kvm.vcpu.at(0));
    return kvm.mmu_lock.goal_level;
  };

  it('goes one level down below a table that stands for executable leaves', () => {
    expect([overTable(true), overTable(false)]).toEqual([2, 3]);
    expect(overTable(true, { rules: { nx_table: 'replaced' } })).toBe(3);
  });

  it('leaves the goal alone where nothing is linked', () => {
    const kvm = aHugeKvm();
    kvm.mmu_lock.goal_level = 3;
    disallowed_hugepage_adjust(kvm, kvm.vcpu.at(0));
    expect(kvm.mmu_lock.goal_level).toBe(3);
  });
});
