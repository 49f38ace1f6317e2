import { beforeAll, describe, expect, it } from 'vitest';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { dotText } from '../../src/export/dot.ts';
import type { Run } from '../../src/export/run.ts';
import { hostileRun, runEnding } from './runs.ts';

let graphviz: Graphviz;
beforeAll(async () => {
  graphviz = await Graphviz.load();
});

const dotAt = (run: Run, step = run.steps.length) => dotText(run, run.scenes ?? [], step);

interface Drawn {
  readonly objects: readonly { readonly name: string; readonly label: string }[];
  readonly edges?: readonly {
    readonly tail: number;
    readonly head: number;
    readonly tooltip: string;
  }[];
}

/** What Graphviz made of it. Errors: those of Graphviz. */
const drawn = (text: string): Drawn => JSON.parse(graphviz.layout(text, 'json', 'dot')) as Drawn;

const batch = () => runEnding('sync-batch-writable-peer');

describe('dotText', () => {
  it('leads from rows to boxes', () => {
    const { objects, edges = [] } = drawn(dotAt(batch()));
    const names = edges
      .filter(({ tooltip }) => tooltip === 'link')
      .map(({ tail, head }) => `${objects[tail]?.name} ${objects[head]?.name}`);
    expect(names).toEqual(['sp0 sp1', 'sp0 sp2']);
  });

  it('marks what the step changed, and what the violation is about', () => {
    const before = drawn(dotAt(batch(), 39)).objects.find(({ name }) => name === 'sp1');
    expect(before?.label).toContain('*[0] pfn 0x2 wux mmu-writable');
    const broken = drawn(dotAt(batch())).objects.find(({ name }) => name === 'sp1');
    expect(broken?.label).toContain('![0] pfn 0x2 wux mmu-writable');
    expect(dotAt(batch())).toContain('VIOLATION: a writable leaf maps a guest table');
    expect(dotAt(batch(), 39)).not.toContain('VIOLATION');
  });

  it('draws the initial state, in which nothing has changed', () => {
    expect(dotAt(batch(), 0)).toContain('initial state');
    expect(dotAt(batch(), 0)).not.toContain('*[');
  });

  it('remains the same graph whatever the texts are', () => {
    const [plain, hostile] = [drawn(dotAt(batch())), drawn(dotAt(hostileRun(batch())))];
    expect(hostile.objects.map(({ name }) => name)).toEqual(plain.objects.map(({ name }) => name));
    expect(hostile.edges?.length).toBe(plain.edges?.length);
  });
});
