import { describe, expect, it } from 'vitest';
import { figure, fillSections, table } from '../../src/docs/markdown.ts';

describe('table', () => {
  it('has one line per row and keeps bars within cells', () => {
    expect(table(['a', 'b'], [['1|2', '3\n4']])).toBe('| a | b |\n| --- | --- |\n| 1\\|2 | 3 4 |');
  });
});

describe('figure', () => {
  it('groups digits by three', () => {
    expect([7, 999, 1000, 2_019_794].map(figure)).toEqual(['7', '999', '1,000', '2,019,794']);
  });

  it('has a dash for what is not recorded', () => {
    expect(figure(undefined)).toBe('–');
  });
});

describe('fillSections', () => {
  const text = 'a\n<!-- generated: x -->\nold\n<!-- end of generated -->\nb\n';

  it('replaces what is between the markers, and nothing else', () => {
    const filled = fillSections(text, { x: () => 'new $1' });
    expect(filled).toBe('a\n<!-- generated: x -->\n\nnew $1\n\n<!-- end of generated -->\nb\n');
    expect(fillSections(filled, { x: () => 'new $1' })).toBe(filled);
  });

  it('refuses a name that nobody generates', () => {
    expect(() => fillSections(text, {})).toThrow('no generated section is called "x"');
  });
});
