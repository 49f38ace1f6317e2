/** Every stored counterexample in every format, each read by whatever reads that format. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { formats, type ExportFormat } from '../../src/export/formats.ts';
import { mermaid } from './mermaid-reader.ts';
import { statesByQuint } from './quint-reader.ts';
import { itfStates, pageFaults, tlcSchema, traceEvents, unfitForMail } from './readers.ts';
import { storedFiles, storedRun } from './runs.ts';
import { firstRepeated, type Run } from '../../src/export/run.ts';

let graphviz: Graphviz;
let diagrams: ReturnType<typeof mermaid>;
beforeAll(async () => {
  graphviz = await Graphviz.load();
  diagrams = mermaid();
});

type Id = (typeof formats)[number]['id'];
type Reader = (text: string, run: Run) => unknown;

const readers: Readonly<Record<Id, Reader>> = {
  itf: (text, run) => {
    const states = itfStates(text);
    expect(states.length).toBe(run.states.length);
    expect(statesByQuint(text)).toEqual(states);
  },
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

/** What a format may stumble over: words but for their letters; parts of the state; a loop. */
const formsOf = (run: Run): string[] => {
  const { steps, states, scenes = [], causes, objects, violation } = run;
  const texts = [
    ...steps.flatMap(({ text, changes }) => [text, ...changes]),
    ...causes.map(({ text }) => text),
    ...objects,
    ...scenes.flatMap(({ facts, nodes }) => [
      ...facts,
      ...nodes.flatMap(({ notes, rows }) => [...notes, ...rows.map(({ text }) => text)]),
    ]),
  ];
  const words = texts.flatMap((text) => text.replaceAll(/\w+/g, 'a').split(/\s+/));
  const last = Object.entries(states.at(-1) ?? {});
  const parts = last.map(([name, value]) => {
    const [empty = 'full'] = /\[\]|null/.exec(JSON.stringify(value)) ?? [];
    return `${name} ${empty}`;
  });
  return [...words, ...parts, violation?.loop === undefined ? 'ends' : 'goes on for ever'];
};

const isNew = (() => {
  const seen = new Set<string>();
  return (run: Run): boolean => {
    const fresh = formsOf(run).filter((form) => !seen.has(form));
    for (const form of fresh) seen.add(form);
    return fresh.length > 0;
  };
})();

/** These take most of the time, and what one file has in them another has too. */
const costly: ReadonlySet<Id> = new Set(['itf', 'tlc', 'mermaid', 'html']);

describe('formats', () => {
  it.each(storedFiles)('read %s', async (file) => {
    const run = storedRun(file);
    const wanted = isNew(run) ? formats : formats.filter(({ id }) => !costly.has(id));
    for (const format of wanted) await readers[format.id](textOf(format, run), run);
  });
});
