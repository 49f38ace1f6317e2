/** Every stored counterexample in every format, each read by whatever reads that format. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { formats, type ExportFormat } from '../../src/export/formats.ts';
import { mermaid } from './mermaid-reader.ts';
import { itfStates, pageFaults, tlcSchema, traceEvents, unfitForMail } from './readers.ts';
import { storedFiles, storedRun } from './runs.ts';
import { firstRepeated, type Run } from '../../src/export/run.ts';

let graphviz: Graphviz;
let diagrams: ReturnType<typeof mermaid>;
beforeAll(async () => {
  graphviz = await Graphviz.load();
  diagrams = mermaid();
});

type Reader = (text: string, run: Run) => unknown;

const readers: Readonly<Record<(typeof formats)[number]['id'], Reader>> = {
  itf: (text, run) => expect(itfStates(text).length).toBe(run.states.length),
  tlc: (text, run) => {
    const { counterexample } = tlcSchema.parse(JSON.parse(text));
    // The last state of a loop is that where it begins, which TLC does not repeat.
    const levels = run.states.length - (firstRepeated(run) === undefined ? 0 : 1);
    expect(counterexample.state.map(([n]) => n)).toEqual(
      Array.from({ length: levels }, (_, i) => i + 1),
    );
    expect(counterexample.action.length).toBe(run.steps.length);
  },
  perfetto: (text, run) => {
    const steps = traceEvents(text).filter((event) => event.ph === 'X' && event.cat === 'step');
    expect(steps.length).toBe(run.steps.length);
  },
  mermaid: async (text) => expect((await diagrams.parse(text)).diagramType).toBe('sequence'),
  dot: (text) => expect(graphviz.layout(text, 'canon')).toContain('digraph counterexample'),
  html: (text, run) => {
    expect(pageFaults(text)).toEqual([]);
    expect(text.match(/<section class="state/g)?.length).toBe(run.states.length);
  },
  mail: (text) => expect(unfitForMail(text)).toEqual([]),
};

const textOf = (format: ExportFormat, run: Run): string =>
  format.of === 'run' ? format.text(run) : format.text(run, run.scenes ?? [], run.steps.length);

describe('formats', () => {
  it.each(storedFiles)('read %s', async (file) => {
    const run = storedRun(file);
    for (const format of formats) await readers[format.id](textOf(format, run), run);
  });
});
