import { describe, expect, it } from 'vitest';
import { mmu_spte_update } from '../../../model/shadow/spte-update.ts';
import { ACC_ALL, ACC_USER_MASK, ACC_WRITE_MASK } from '../../../model/access.ts';
import type { Kvm } from '../../../model/index.ts';
import { leafSpte, withoutWrite } from '../../../model/spte.ts';
import { aKvm, aLeaf, aPage, type KvmInput } from '../../support/kvm.ts';

const readOnly = ACC_ALL & ~ACC_WRITE_MASK;

/** A table whose first entry maps gfn 4. */
const aTable = (input: KvmInput = {}, access = ACC_ALL): Kvm => {
  const kvm = aKvm(input);
  aPage(kvm, 0, { gfn: 1 });
  aLeaf(kvm, 0, { gfn: 4, access });
  return kvm;
};

describe('mmu_spte_update', () => {
  it('wants a flush when MMU-writable goes away, and owes it', () => {
    const kvm = aTable();
    expect(mmu_spte_update(kvm, 0, 0, leafSpte(4, readOnly))).toBe(true);
    expect(kvm.ghost_owed.protect.bits).toBe(1 << 4);
  });

  it('wants none while MMU-writable stays, nor when rights are added', () => {
    const kvm = aTable();
    const tracked = withoutWrite(leafSpte(4, ACC_ALL));
    expect(mmu_spte_update(kvm, 0, 0, tracked)).toBe(false);
    expect(mmu_spte_update(kvm, 0, 0, leafSpte(4, ACC_ALL))).toBe(false);
    const other = aTable({}, ACC_USER_MASK);
    expect(mmu_spte_update(other, 0, 0, leafSpte(4, ACC_ALL))).toBe(false);
    expect([kvm, other].map((k) => k.ghost_owed.protect.bits)).toEqual([0, 0]);
  });

  it('owes the flush and wants none, as the mutant has it', () => {
    const kvm = aTable({ rules: { update_flush: 'never' } });
    expect(mmu_spte_update(kvm, 0, 0, leafSpte(4, readOnly))).toBe(false);
    expect(kvm.ghost_owed.protect.bits).toBe(1 << 4);
  });

  it('warns when the frame changes', () => {
    const kvm = aTable();
    mmu_spte_update(kvm, 0, 0, leafSpte(5, ACC_ALL));
    expect(kvm.ghost.warning).toBe('spte-update-changes-pfn');
  });
});
