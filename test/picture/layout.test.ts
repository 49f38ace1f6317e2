import { describe, expect, it } from 'vitest';
import { placed } from '../../src/picture/layout.ts';
import type { Scene, SceneNode } from '../../src/picture/scene.ts';

const box = (id: string, rows: readonly string[] = []): SceneNode => ({
  id,
  kind: 'shadow-page',
  state: 'plain',
  title: id,
  notes: [],
  rows: rows.map((text, i) => ({ id: `${id}[${i}]`, label: `[${i}]`, text })),
});

const scene: Scene = {
  nodes: [box('a', ['b', 'c']), box('b', ['pfn 0x1 wux']), box('c'), box('rmap', ['b[0]'])],
  edges: [
    { kind: 'link', from: 'a[0]', to: 'b' },
    { kind: 'link', from: 'a[1]', to: 'c' },
    { kind: 'rmap', from: 'rmap[0]', to: 'b[0]' },
    { kind: 'link', from: 'a[0]', to: 'a' },
  ],
  facts: [],
};

describe('placed', () => {
  const { nodes, edges, width, height } = placed(scene);

  it('lets no two boxes overlap, and all of them be within the picture', () => {
    for (const a of nodes) {
      expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(width);
      expect(a.y + a.height).toBeLessThanOrEqual(height);
      for (const b of nodes.filter((other) => other !== a)) {
        const apartAcross = a.x + a.width <= b.x || b.x + b.width <= a.x;
        const apartDown = a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apartAcross || apartDown).toBe(true);
      }
    }
  });

  it('leads each edge from the row where it starts to the box where it ends', () => {
    expect(edges.map(({ edge }) => edge)).toEqual(scene.edges);
    const [a, b] = nodes;
    const [first] = edges;
    const [start] = first?.points ?? [];
    const end = first?.points.at(-1);
    expect(start?.x).toBe((a?.x ?? 0) + (a?.width ?? 0));
    expect(end?.x).toBe(b?.x);
    expect(start?.y).toBeGreaterThan(a?.y ?? 0);
    expect(end?.y).toBeGreaterThan(b?.y ?? 0);
  });

  it('is the same every time', () => {
    expect(placed(scene)).toEqual(placed(structuredClone(scene)));
  });
});
