import { describe, expect, it } from 'vitest';
import { filteredScene, filteredStep, stepFilter } from '../../../src/cli/stored/filter.ts';
import type { Scene, SceneNode } from '../../../src/picture/scene.ts';
import type { ReportedStep } from '../../../src/report/search-report.ts';

const page = (sp: number, level: number, gfn: number, notes: string[] = []): SceneNode => ({
  id: `sp${sp}`,
  kind: 'shadow-page',
  state: 'plain',
  title: `sp${sp} l${level} gfn 0x${gfn.toString(16)}`,
  notes,
  rows: [{ id: `sp${sp}[0]`, label: '[0]', text: sp === 0 ? 'sp1' : 'pfn 0x2 wux' }],
});

const scene: Scene = {
  nodes: [page(0, 2, 0), page(1, 1, 0x10, ['unsync']), page(10, 1, 1)],
  edges: [],
  facts: ['mmu_lock vcpu0'],
};

const step: ReportedStep = {
  number: 7,
  actor: 'vcpu0',
  action: 'mmu_set_spte()',
  changes: ['- mmu_lock vcpu0', 'spte sp1[0] - -> pfn 0x2 wux', 'spte sp10[0] - -> pfn 0x3 wux'],
};

const shown = (watch: string[], hide: string[] = [], of: ReportedStep = step) =>
  filteredStep(stepFilter(watch, hide), of, [scene])?.changes;

describe('filteredStep', () => {
  it('leaves the changes that name what is watched, by whole words', () => {
    expect(shown(['sp1'])).toEqual(['spte sp1[0] - -> pfn 0x2 wux']);
    expect(shown(['sp1[0]'])).toEqual(['spte sp1[0] - -> pfn 0x2 wux']);
    expect(shown(['sp10', 'mmu_lock'])).toEqual([
      '- mmu_lock vcpu0',
      'spte sp10[0] - -> pfn 0x3 wux',
    ]);
    expect(shown(['sp2'])).toBeUndefined();
  });

  it('leaves all changes of a step whose actor or function is watched', () => {
    expect(shown(['vcpu0'])).toEqual(step.changes);
    expect(shown(['mmu_set_spte'])).toEqual(step.changes);
    expect(shown(['mmu_set'])).toBeUndefined();
  });

  it('finds objects by what is known of them, in print or as fields', () => {
    const ofSp1 = ['spte sp1[0] - -> pfn 0x2 wux'];
    expect(shown(['gfn 0x10'])).toEqual(ofSp1);
    expect(shown(['gfn=0x10,level=1'])).toEqual(ofSp1);
    expect(shown(['gfn=16, level=1'])).toEqual(ofSp1);
    expect(shown(['gfn=0x10,level=2'])).toBeUndefined();
    expect(shown(['unsync'])).toEqual(ofSp1);
  });

  it('leaves out what is hidden, and a step of which nothing is left', () => {
    expect(shown([], ['sp1'])).toEqual(['- mmu_lock vcpu0', 'spte sp10[0] - -> pfn 0x3 wux']);
    expect(shown(['sp1'], ['wux'])).toBeUndefined();
    expect(shown([], ['mmu_lock', 'spte'])).toBeUndefined();
    expect(shown([], ['vcpu0'])).toBeUndefined();
    expect(shown([], ['vcpu1'])).toEqual(step.changes);
  });

  it('leaves a step that changed nothing, unless something else is watched', () => {
    expect(shown([], ['spte'], { ...step, changes: [] })).toEqual([]);
    expect(shown(['sp1'], [], { ...step, changes: [] })).toBeUndefined();
  });

  it('always leaves the step that breaks the property', () => {
    const breach: ReportedStep = { ...step, mark: 'broken' };
    expect(shown(['sp2'], [], breach)).toEqual([]);
    expect(shown([], ['vcpu0'], breach)).toEqual(step.changes.slice(1));
  });

  it('takes no words that are none', () => {
    for (const text of ['', ' ', 'sp1,', ',']) {
      expect(() => stepFilter([text])).toThrow(/--watch .*must be words of the steps/);
    }
    expect(shown(['(', '[', '\\', '.*', '$^'])).toBeUndefined();
  });
});

describe('filteredScene', () => {
  const left = (watch: string[], hide: string[] = []) => {
    const { nodes, facts } = filteredScene(stepFilter(watch, hide), scene);
    return [...nodes.map(({ id, rows }) => `${id} ${rows.length}`), ...facts];
  };

  it('leaves boxes that are watched, and rows of others that name them', () => {
    expect(left(['sp1'])).toEqual(['sp0 1', 'sp1 1']);
    expect(left(['level=1'])).toEqual(['sp1 1', 'sp10 1']);
    expect(left(['mmu_lock'])).toEqual(['mmu_lock vcpu0']);
  });

  it('leaves out what is hidden', () => {
    expect(left([], ['sp1'])).toEqual(['sp0 0', 'sp10 1', 'mmu_lock vcpu0']);
    expect(left([], ['vcpu0', 'pfn 0x2'])).toEqual(['sp0 1', 'sp1 0', 'sp10 0']);
  });
});
