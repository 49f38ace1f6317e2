import { describe, expect, it } from 'vitest';
import {
  ACC_ALL,
  ACC_EXEC_MASK,
  ACC_USER_MASK,
  ACC_WRITE_MASK,
  accessText,
  isExec,
  isUser,
  isWrite,
  permits,
  type AccessKind,
} from '../../model/access.ts';

const kinds: readonly AccessKind[] = ['ur', 'uw', 'ux', 'sr', 'sw', 'sx'];
const permitted = (access: number, cr0_wp: boolean) =>
  kinds.filter((kind) => permits(access, kind, cr0_wp));

describe('permits', () => {
  it('lets every access through when all rights are given', () => {
    expect(permitted(ACC_ALL, true)).toEqual(kinds);
  });

  it('keeps the user away from supervisor pages', () => {
    expect(permitted(ACC_WRITE_MASK | ACC_EXEC_MASK, true)).toEqual(['sr', 'sw', 'sx']);
  });

  it('asks for the execute right for fetches alone', () => {
    expect(permitted(ACC_USER_MASK | ACC_WRITE_MASK, true)).toEqual(['ur', 'uw', 'sr', 'sw']);
  });

  it('lets a supervisor write read-only pages only while CR0.WP is clear', () => {
    expect(permitted(ACC_USER_MASK, true)).toEqual(['ur', 'sr']);
    expect(permitted(ACC_USER_MASK, false)).toEqual(['ur', 'sr', 'sw']);
  });

  it('is a conjunction over the levels of a path', () => {
    for (let a = 0; a <= ACC_ALL; a += 1) {
      for (let b = 0; b <= ACC_ALL; b += 1) {
        for (const cr0_wp of [false, true]) {
          const both = permitted(a, cr0_wp).filter((kind) => permits(b, kind, cr0_wp));
          expect(permitted(a & b, cr0_wp)).toEqual(both);
        }
      }
    }
  });
});

describe('kinds of access', () => {
  it('say who accesses and how', () => {
    expect(kinds.filter(isUser)).toEqual(['ur', 'uw', 'ux']);
    expect(kinds.filter(isWrite)).toEqual(['uw', 'sw']);
    expect(kinds.filter(isExec)).toEqual(['ux', 'sx']);
  });
});

describe('accessText', () => {
  it('prints rights in the order of the tracepoints', () => {
    expect(accessText(ACC_ALL)).toBe('wux');
    expect(accessText(ACC_USER_MASK)).toBe('-u-');
    expect(accessText(ACC_WRITE_MASK | ACC_EXEC_MASK)).toBe('w-x');
    expect(accessText(0)).toBe('---');
  });
});
