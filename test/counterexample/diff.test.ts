import { describe, expect, it } from 'vitest';
import { changesBetween, changeText, stateLines } from '../../src/counterexample/diff.ts';

const before = {
  lock: false,
  pages: [
    { gfn: 2, role: { level: 1 }, unsync: false, sptes: [0, 1] },
    { gfn: 3, role: { level: 2 }, unsync: false, sptes: [0, 0] },
  ],
};
const after = {
  lock: true,
  pages: [
    { gfn: 2, role: { level: 1 }, unsync: true, sptes: [0, 1] },
    { gfn: 3, role: { level: 2 }, unsync: false, sptes: [0, 7] },
  ],
};

describe('changesBetween', () => {
  it('names the path of each change, in the order of the fields', () => {
    expect(changesBetween(before, after).map(changeText)).toEqual([
      'lock: false -> true',
      'pages[0].unsync: false -> true',
      'pages[1].sptes: [0 0] -> [0 7]',
    ]);
  });

  it('is empty for equal states', () => {
    expect(changesBetween(before, structuredClone(before))).toEqual([]);
  });
});

describe('stateLines', () => {
  it('gives a line to each element of a list of records', () => {
    expect(stateLines(after, (name) => name === 'role')).toEqual([
      'lock = true',
      'pages[0] = {gfn 2, unsync true, sptes [0 1]}',
      'pages[1] = {gfn 3, unsync false, sptes [0 7]}',
    ]);
  });
});
