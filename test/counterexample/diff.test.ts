import { describe, expect, it } from 'vitest';
import {
  changesBetween,
  changeText,
  filteredChanges,
  stateLines,
} from '../../src/counterexample/diff.ts';

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
const everything = { hide: [], watch: {} };

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

describe('filteredChanges', () => {
  it('leaves out hidden fields wherever they are', () => {
    const shown = filteredChanges(before, after, { ...everything, hide: ['unsync', 'lock'] });
    expect(shown).toEqual(['pages[1].sptes: [0 0] -> [0 7]']);
  });

  it('shows what concerns the watched record alone', () => {
    const watch = (fields: Readonly<Record<string, string>>) =>
      filteredChanges(before, after, { ...everything, watch: fields });
    expect(watch({ gfn: '0x2' })).toEqual(['pages[0].unsync: false -> true']);
    expect(watch({ gfn: '3', level: '2' })).toEqual(['pages[1].sptes: [0 0] -> [0 7]']);
    expect(watch({ gfn: '2', level: '2' })).toEqual([]);
  });
});

describe('stateLines', () => {
  it('gives a line to each element of a list of records', () => {
    expect(stateLines(after, ['role'])).toEqual([
      'lock = true',
      'pages[0] = {gfn 2, unsync true, sptes [0 1]}',
      'pages[1] = {gfn 3, unsync false, sptes [0 7]}',
    ]);
  });
});
