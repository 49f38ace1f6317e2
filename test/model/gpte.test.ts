import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACC_ALL, ACC_USER_MASK, ACC_WRITE_MASK } from '../../model/access.ts';
import {
  gpte,
  gpte_access,
  gpte_accessed,
  gpte_dirty,
  gpte_to_gfn,
  gpteMax,
  gpteText,
  gpteWithAccessed,
  gpteWithDirty,
  is_present_gpte,
  is_rsvd_bits_set,
  NO_GPTE,
  protect_clean_gpte,
} from '../../model/gpte.ts';

const arbFields = fc.record({
  gfn: fc.nat(31),
  access: fc.nat(ACC_ALL),
  accessed: fc.boolean(),
  dirty: fc.boolean(),
});

describe('is_rsvd_bits_set', () => {
  it('takes the execute-disable bit for malformed with EFER.NX clear', () => {
    const noExecute = gpte({ gfn: 1, access: ACC_USER_MASK | ACC_WRITE_MASK });
    expect([is_rsvd_bits_set(noExecute, false), is_rsvd_bits_set(noExecute, true)]).toEqual([
      true,
      false,
    ]);
    expect(is_rsvd_bits_set(gpte({ gfn: 1 }), false)).toBe(false);
  });
});

describe('gpte', () => {
  it('gives back every field that it was built from', () => {
    fc.assert(
      fc.property(arbFields, (fields) => {
        const pte = gpte(fields);
        expect(is_present_gpte(pte)).toBe(true);
        expect(gpte_to_gfn(pte)).toBe(fields.gfn);
        expect(gpte_access(pte)).toBe(fields.access);
        expect(gpte_accessed(pte)).toBe(fields.accessed);
        expect(gpte_dirty(pte)).toBe(fields.dirty);
        expect(pte).toBeLessThanOrEqual(gpteMax(32));
      }),
      { seed: 0x6e7e, numRuns: 200 },
    );
  });

  it('gives every right and both flags unless told otherwise', () => {
    const full = { gfn: 3, access: ACC_ALL, accessed: true, dirty: true };
    expect(gpte({ gfn: 3 })).toBe(gpte(full));
  });

  it('is absent as the word zero', () => {
    expect(is_present_gpte(NO_GPTE)).toBe(false);
    expect(NO_GPTE).toBe(0);
  });

  it('changes one flag at a time', () => {
    fc.assert(
      fc.property(arbFields, (fields) => {
        expect(gpteWithAccessed(gpte(fields))).toBe(gpte({ ...fields, accessed: true }));
        expect(gpteWithDirty(gpte(fields))).toBe(gpte({ ...fields, dirty: true }));
      }),
      { seed: 0x6e7f, numRuns: 100 },
    );
  });
});

describe('gpteMax', () => {
  it('is reached by the last frame with everything set', () => {
    expect(gpteMax(5)).toBe(gpte({ gfn: 4, large: true }));
  });
});

describe('protect_clean_gpte', () => {
  it('takes the write right from a clean entry alone', () => {
    expect(protect_clean_gpte(ACC_ALL, gpte({ gfn: 1 }))).toBe(ACC_ALL);
    const clean = gpte({ gfn: 1, dirty: false });
    expect(protect_clean_gpte(ACC_ALL, clean)).toBe(ACC_ALL & ~ACC_WRITE_MASK);
  });
});

describe('gpteText', () => {
  it('names the frame, the rights and the flags that are clear', () => {
    expect(gpteText(NO_GPTE)).toBe('not present');
    expect(gpteText(gpte({ gfn: 10 }))).toBe('gfn 0xa wux');
    const bare = gpte({ gfn: 2, access: ACC_USER_MASK, accessed: false, dirty: false });
    expect(gpteText(bare)).toBe('gfn 0x2 -u- !A !D');
  });
});
