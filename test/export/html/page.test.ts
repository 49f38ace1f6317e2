import { describe, expect, it } from 'vitest';
import { h, htmlDocument } from '../../../src/export/html/element.ts';
import { htmlText } from '../../../src/export/html/page.ts';
import { noteLines, placesOf, unionOf } from '../../../src/export/html/places.ts';
import type { SceneNode } from '../../../src/picture/scene.ts';
import { pageFaults } from '../readers.ts';
import { endlessRun, hostileRun, runEnding, toyGoodRun } from '../runs.ts';

const node = (id: string, notes: readonly string[], ...rows: readonly string[]): SceneNode => ({
  id,
  kind: 'shadow-page',
  state: 'plain',
  title: id,
  notes,
  rows: rows.map((text, i) => ({ id: `${id}[${i}]`, label: `[${i}]`, text })),
});

const scene = (...nodes: readonly SceneNode[]) => ({ nodes, edges: [], facts: [] });

describe('unionOf', () => {
  it('has every box of any state, with room for what is in it at any time', () => {
    const union = unionOf([
      scene(node('sp0', ['a'], '-', '-')),
      scene(node('sp0', ['a', 'x'.repeat(30)], 'pfn 0x1 wux', '-'), node('sp1', [])),
    ]);
    expect(union.nodes.map(({ id }) => id)).toEqual(['sp0', 'sp1']);
    expect(union.nodes[0]?.rows.map(({ text }) => text)).toEqual(['pfn 0x1 wux', '-']);
    expect(union.nodes[0]?.notes).toHaveLength(2);
  });
});

describe('placesOf', () => {
  it('puts no two boxes over each other', () => {
    const { nodes } = placesOf(runEnding('huge-page-over-shadowed-table').scenes ?? []);
    for (const [i, a] of nodes.entries()) {
      const over = nodes
        .slice(i + 1)
        .filter(
          (b) =>
            a.x < b.x + b.width &&
            b.x < a.x + a.width &&
            a.y < b.y + b.height &&
            b.y < a.y + a.height,
        );
      expect(over).toEqual([]);
    }
  });
});

describe('noteLines', () => {
  it('breaks between notes only', () => {
    const notes = ['access wux', 'sync', 'root_count 1', 'unsync_children 2 {0,1}'];
    expect(noteLines(node('sp0', notes))).toEqual([
      'access wux · sync',
      'root_count 1',
      'unsync_children 2 {0,1}',
    ]);
  });
});

describe('htmlDocument', () => {
  it('escapes text and attributes, and drops what no page may hold', () => {
    const page = htmlDocument([], [h('p', { title: '"<&' }, '</p><b>\u0000\uD800 &amp;')]);
    expect(page).toContain('<p title="&quot;&lt;&amp;">&lt;/p&gt;&lt;b&gt; &amp;amp;</p>');
  });
});

describe('htmlText', () => {
  it('stays one page without anything foreign whatever the texts are', () => {
    const run = hostileRun(runEnding('perm-reduction-no-remote-flush'));
    expect(pageFaults(htmlText(run, run.scenes ?? []))).toEqual([]);
  });

  it('says of a run that holds that it does, and of an endless one where it repeats', () => {
    expect(htmlText(toyGoodRun(), [])).toContain('holds over 3 steps');
    expect(htmlText(endlessRun(), [])).toContain('violated in a loop of 2 steps after step 2');
  });
});
