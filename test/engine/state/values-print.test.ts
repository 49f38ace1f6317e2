import { describe, expect, it } from 'vitest';
import {
  array,
  bitset,
  bool,
  oneOf,
  optionalRef,
  pool,
  record,
  uint,
} from '../../../src/engine/machine/index.ts';
import { valuesFingerprint } from '../../../src/engine/state/values-print.ts';

const pages = pool('page', 3);
const page = record({ gfn: uint(3), unsync: bool });
const small = record({
  pc: oneOf('idle', 'walk'),
  root: optionalRef(pages),
  roots: bitset(3),
  pages: array(page, 2),
});
const state = {
  pc: 'walk',
  root: 0,
  roots: [1],
  pages: [
    { gfn: 0, unsync: false },
    { gfn: 2, unsync: true },
  ],
};

describe('valuesFingerprint', () => {
  it('is 16 hexadecimal digits that depend on each value', () => {
    const print = valuesFingerprint(small, state);
    expect(print).toMatch(/^[0-9a-f]{16}$/);
    const others = [
      { ...state, pc: 'idle' },
      { ...state, root: null },
      { ...state, root: 1 },
      { ...state, roots: [2] },
      { ...state, roots: [] },
      { ...state, pages: state.pages.toReversed() },
    ].map((other) => valuesFingerprint(small, other));
    expect(new Set([print, ...others]).size).toBe(others.length + 1);
  });

  it('stays when the layout gains what the state has no use for', () => {
    const wider = record({
      pages: array(record({ gfn: uint(200), unsync: bool, spare: uint(7) }), 3),
      roots: bitset(20),
      pc: oneOf('idle', 'walk', 'zap'),
      root: optionalRef(pool('page', 9)),
      announced: bool,
    });
    const same = {
      ...state,
      announced: false,
      pages: [...state.pages, { gfn: 0, unsync: false }].map((entry) => ({ ...entry, spare: 0 })),
    };
    expect(valuesFingerprint(wider, same)).toBe(valuesFingerprint(small, state));
    expect(valuesFingerprint(wider, { ...same, announced: true })).not.toBe(
      valuesFingerprint(small, state),
    );
  });
});
