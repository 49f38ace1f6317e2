import { describe, expect, it } from 'vitest';
import { gather, LASTING, PASSING, type Asked } from '../../../src/engine/judge/gather.ts';

const asked = (member: string, ...reads: string[]): Asked<string> => ({
  when: 'every-step',
  reads,
  members: [member],
});

/** Ten bits for `pages`, one for each other path. */
const maskOf = (paths: readonly string[]): Int32Array => {
  const bits: Record<string, number> = { pages: 0b11_1111_1111, lock: 1 << 10, pc: 1 << 11 };
  return Int32Array.of(paths.reduce((mask, path) => mask | (bits[path] ?? 0), 0));
};

const membersOf = (groups: readonly Asked<string>[]): (readonly string[])[] =>
  groups.map(({ members }) => members);

describe('gather', () => {
  it('asks together what reads the same bits, whatever it calls them', () => {
    const groups = gather(
      [asked('a', 'pages', 'absent'), asked('b', 'lock'), asked('c', 'pages')],
      maskOf,
      PASSING,
    );
    expect(membersOf(groups)).toEqual([['b'], ['a', 'c']]);
    expect(groups[1]?.reads).toEqual(['absent', 'pages']);
  });

  it('asks together what reads nearly the same, where that lasts', () => {
    const list = [asked('a', 'pages'), asked('b', 'pages', 'lock'), asked('c', 'pages', 'pc')];
    expect(membersOf(gather(list, maskOf, PASSING))).toEqual([['a'], ['b'], ['c']]);
    const [group, ...others] = gather(list, maskOf, LASTING);
    expect(others).toEqual([]);
    expect(group).toEqual({
      when: 'every-step',
      reads: ['lock', 'pages', 'pc'],
      members: ['a', 'b', 'c'],
    });
  });

  it('keeps apart what differs much, moments, and what may read anything', () => {
    const list = [
      asked('a', 'lock'),
      asked('b', 'lock', 'pc'),
      { ...asked('c', 'lock'), when: 'unlocked' },
      { ...asked('d'), reads: null },
      { ...asked('e'), reads: null },
    ];
    expect(membersOf(gather(list, maskOf, LASTING))).toEqual([['a'], ['c'], ['b'], ['d', 'e']]);
  });

  it('goes by the names of paths where there are no bits', () => {
    const list = [asked('a', 'pages', 'lock'), asked('b', 'lock', 'pages'), asked('c', 'pages')];
    expect(membersOf(gather(list, null, PASSING))).toEqual([['c'], ['a', 'b']]);
  });

  it('asks no more than thirty together', () => {
    const list = Array.from({ length: 31 }, (_, k) => asked(`p${k}`, 'pages'));
    expect(gather(list, maskOf, LASTING).map(({ members }) => members.length)).toEqual([30, 1]);
  });
});
