/** Scenes as text and as SVG; the latter is read back by an XML parser. */
import { DOMParser } from '@xmldom/xmldom';
import { describe, expect, it } from 'vitest';
import type { Scene } from '../../src/picture/scene.ts';
import { sceneSvg } from '../../src/picture/svg.ts';
import { sceneText } from '../../src/picture/text.ts';

const scene: Scene = {
  nodes: [
    {
      id: 'vcpu0',
      kind: 'vcpu',
      state: 'plain',
      title: 'vcpu0 in the guest',
      notes: ['CR0.WP 0'],
      rows: [{ id: 'vcpu0 root', label: 'root', text: 'sp0 CR3 gfn 0x0' }],
    },
    {
      id: 'sp0',
      kind: 'shadow-page',
      state: 'unsync',
      title: 'sp0 l1 gfn 0x0',
      notes: ['access <&>'],
      rows: [
        { id: 'sp0[0]', label: '[0]', text: 'pfn 0x3 wux' },
        { id: 'sp0[1]', label: '[1]', text: '-' },
      ],
    },
    {
      id: 'table0',
      kind: 'guest-table',
      state: 'plain',
      title: 'guest gfn 0x0',
      notes: [],
      rows: [{ id: 'table0[0]', label: '[0]', text: 'gfn 0x0 wux' }],
    },
    {
      id: 'rmap',
      kind: 'rmap',
      state: 'plain',
      title: 'rmap',
      notes: [],
      rows: [{ id: 'rmap gfn 0x3', label: 'gfn 0x3', text: 'sp0[0]' }],
    },
  ],
  edges: [
    { kind: 'root', from: 'vcpu0 root', to: 'sp0' },
    { kind: 'shadows', from: 'sp0', to: 'table0' },
    { kind: 'guest', from: 'table0[0]', to: 'table0' },
    { kind: 'rmap', from: 'rmap gfn 0x3', to: 'sp0[0]' },
  ],
  facts: ['mmu_lock vcpu0'],
};

describe('sceneText', () => {
  it('shows boxes by kind with their rows, what leads to them, and what changed', () => {
    expect(sceneText(scene, new Set(['sp0[0]', 'table0']))).toEqual([
      'vCPUs',
      '  vcpu0 in the guest  CR0.WP 0',
      '    root  sp0 CR3 gfn 0x0',
      '',
      'shadow pages',
      '  sp0 l1 gfn 0x0  access <&>  <- vcpu0 root',
      '*   [0]  pfn 0x3 wux',
      '    [1]  -',
      '',
      'guest tables',
      '* guest gfn 0x0  <- gfn 0x0[0]',
      '    [0]  gfn 0x0 wux',
      '',
      'rmap',
      '    gfn 0x3  sp0[0]',
      '',
      'state',
      '  mmu_lock vcpu0',
    ]);
  });
});

describe('sceneSvg', () => {
  const parse = (changed?: ReadonlySet<string>) =>
    new DOMParser().parseFromString(sceneSvg(scene, 'step 1 & 2', changed), 'image/svg+xml');
  const all = (name: string, changed?: ReadonlySet<string>) => [
    ...parse(changed).getElementsByTagName(name),
  ];

  it('is an SVG document with everything that the scene has', () => {
    const root = parse().documentElement;
    expect(root?.namespaceURI).toBe('http://www.w3.org/2000/svg');
    const texts = all('text').map((element) => element.textContent);
    expect(texts).toEqual(
      expect.arrayContaining([
        'step 1 & 2',
        'vcpu0 in the guest',
        'access <&>',
        '[0] pfn 0x3 wux',
        'gfn 0x3 sp0[0]',
        'mmu_lock vcpu0',
      ]),
    );
    const edges = all('path').filter((path) => path.getAttribute('marker-end') !== null);
    expect(edges).toHaveLength(scene.edges.length);
  });

  it('refers to nothing outside itself', () => {
    expect(sceneSvg(scene, 'a')).not.toMatch(/href|src=|url\((?!#)/);
  });

  it('highlights what changed', () => {
    const yellow = (changed?: ReadonlySet<string>) =>
      all('rect', changed).filter((rect) => rect.getAttribute('fill') === '#ffe96b').length;
    expect(yellow()).toBe(0);
    expect(yellow(new Set(['sp0[0]']))).toBe(1);
  });
});
