import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACC_ALL, ACC_USER_MASK, ACC_WRITE_MASK } from '../../model/access.ts';
import {
  is_last_spte,
  is_mmu_writable_spte,
  is_shadow_present_pte,
  is_writable_pte,
  isHostWritable,
  isTableSpte,
  leafSpte,
  make_nonleaf_spte,
  NO_SPTE,
  spte_to_child_sp,
  spte_to_pfn,
  spteAccess,
  spteMax,
  spteText,
  withoutWrite,
  writeProtected,
} from '../../model/spte.ts';

const arbTarget = fc.nat(15);
const arbAccess = fc.nat(ACC_ALL);

describe('leafSpte', () => {
  it('gives back frame and rights, and is MMU-writable when it is writable', () => {
    fc.assert(
      fc.property(arbTarget, arbAccess, (pfn, access) => {
        const spte = leafSpte(pfn, access);
        expect(is_shadow_present_pte(spte)).toBe(true);
        expect([is_last_spte(spte), isTableSpte(spte)]).toEqual([true, false]);
        expect([spte_to_pfn(spte), spteAccess(spte)]).toEqual([pfn, access]);
        expect(isHostWritable(spte)).toBe(true);
        const writable = (access & ACC_WRITE_MASK) !== 0;
        expect([is_writable_pte(spte), is_mmu_writable_spte(spte)]).toEqual([writable, writable]);
        expect(spte).toBeLessThanOrEqual(spteMax(16));
      }),
      { seed: 0x59e1, numRuns: 200 },
    );
  });

  it('loses the write right with or without MMU-writable, and nothing else', () => {
    fc.assert(
      fc.property(arbTarget, arbAccess, (pfn, access) => {
        const spte = leafSpte(pfn, access);
        expect(writeProtected(spte)).toBe(leafSpte(pfn, access & ~ACC_WRITE_MASK));
        expect(is_writable_pte(withoutWrite(spte))).toBe(false);
        expect(is_mmu_writable_spte(withoutWrite(spte))).toBe(is_mmu_writable_spte(spte));
        expect(spte_to_pfn(withoutWrite(spte))).toBe(pfn);
      }),
      { seed: 0x59e2, numRuns: 100 },
    );
  });
});

describe('make_nonleaf_spte', () => {
  it('leads to the child and grants everything', () => {
    const spte = make_nonleaf_spte(5);
    expect([is_last_spte(spte), isTableSpte(spte)]).toEqual([false, true]);
    expect(spte_to_child_sp(spte)).toBe(5);
    expect(spteAccess(spte)).toBe(ACC_ALL);
  });
});

describe('NO_SPTE', () => {
  it('is neither leaf nor table, and not writable', () => {
    expect(is_shadow_present_pte(NO_SPTE)).toBe(false);
    expect([is_last_spte(NO_SPTE), isTableSpte(NO_SPTE)]).toEqual([false, false]);
    expect(is_writable_pte(NO_SPTE)).toBe(false);
  });
});

describe('spteText', () => {
  it('tells absent entries, tables and leaves apart', () => {
    expect(spteText(NO_SPTE)).toBe('-');
    expect(spteText(make_nonleaf_spte(3))).toBe('sp3');
    expect(spteText(leafSpte(10, ACC_ALL))).toBe('pfn 0xa wux mmu-writable');
    expect(spteText(leafSpte(1, ACC_USER_MASK))).toBe('pfn 0x1 -u-');
  });
});
