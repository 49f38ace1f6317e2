/** A page to read a counterexample in: the steps on one side, the page tables on the other. */
import { createHash } from 'node:crypto';
import { rulesText } from '../../counterexample/record.ts';
import type { PlacedScene } from '../../picture/layout.ts';
import { changedIn, type Scene } from '../../picture/scene.ts';
import type { NamedCause } from '../../counterexample/story.ts';
import { causeDetail, findingText } from '../../report/story-text.ts';
import { concernedIn } from '../concerned.ts';
import { actorsOf, placeText, type Run, type RunStep } from '../run.ts';
import { h, htmlDocument, type Markup } from './element.ts';
import { arrowHeads, graph } from './graph.ts';
import { placesOf } from './places.ts';
import { script } from './script.ts';
import { style } from './style.ts';

/** Actors have a colour each; there are so many. */
const actorColours = 6;

const actorMark = (run: Run, actor: string): Markup =>
  h('span', { class: `actor a${actorsOf(run).indexOf(actor) % actorColours}` }, actor);

const term = (name: string, text: string): Markup[] =>
  text === '' ? [] : [h('div', {}, h('dt', {}, name), ' ', h('dd', {}, text))];

const isViolated = ({ violation }: Run, number: number): boolean => violation?.step === number;

/** What a reader of the list should see of a step: as the marks of the text do. */
function marksOf(run: Run, number: number, step: RunStep | undefined): Markup[] {
  if (isViolated(run, number)) return [h('span', { class: 'breaks' }, 'violation')];
  if (step?.mark === 'cause') {
    return [h('span', { class: 'cause', title: 'led to the violation' }, 'cause')];
  }
  if (step?.mark !== 'concerned') return [];
  return [h('span', { class: 'concerns', title: 'changes what the violation is about' }, '*')];
}

/** Between the steps of the list: where those begin that repeat for ever. */
function loopItem(run: Run, number: number): Markup[] {
  const { violation, steps } = run;
  if (violation?.loop !== number) return [];
  const text =
    number === steps.length
      ? 'for ever: nobody is sure to move here'
      : 'for ever from here on: the last state is this one again';
  return [h('li', { class: 'loop' }, h('span', {}, text))];
}

function stepItem(run: Run, number: number, step: RunStep | undefined): Markup[] {
  const head = [
    h('span', { class: 'number' }, String(number)),
    ' ',
    ...(step === undefined ? [] : [actorMark(run, step.action.actor), ' ']),
    h('span', { class: 'action' }, step?.text ?? 'initial state'),
    ' ',
    ...marksOf(run, number, step),
  ];
  const changes = (step?.changes ?? []).map((change) =>
    h('span', { class: 'change' }, change, ' '),
  );
  const item = h('li', {}, h('a', { href: `#step-${number}` }, ...head, ...changes));
  return [item, ...loopItem(run, number)];
}

/** Each leads to its step. */
const causeItem = (one: NamedCause): Markup =>
  h('li', {}, h('a', { href: `#step-${one.step}` }, `step ${one.step}`), ` ${causeDetail(one)}`);

const causesList = ({ causes }: Run): Markup[] =>
  causes.length === 0
    ? []
    : [h('h4', {}, 'because'), h('ul', { class: 'causes' }, ...causes.map(causeItem))];

const findings = (run: Run): Markup[] => {
  const { violation, property } = run;
  if (violation === undefined) return [];
  return [
    h(
      'section',
      { class: 'violation', 'aria-label': 'Violation' },
      h('h3', {}, `Violation of ${violation.property}`),
      h('p', { class: 'says' }, property?.says ?? run.found.says),
      h(
        'dl',
        {},
        ...term('broken', findingText(violation.finding)),
        ...term('why', property?.why ?? ''),
      ),
      ...causesList(run),
      h('ul', { class: 'objects' }, ...run.objects.map((text) => h('li', {}, text))),
    ),
  ];
};

function stateSection(run: Run, scenes: readonly Scene[], places: PlacedScene, n: number): Markup {
  const step = run.steps[n - 1];
  const scene = scenes[n] ?? { nodes: [], edges: [], facts: [] };
  const before = scenes[n - 1] ?? scene;
  const { violation } = run;
  const broken =
    violation !== undefined && isViolated(run, n)
      ? concernedIn(scene, violation.finding)
      : new Set<string>();
  const shown = { scene, before, changed: changedIn(before, scene), broken };
  const title = step === undefined ? 'Initial state' : `Step ${n} of ${run.steps.length}`;
  const lead =
    step === undefined ? [] : [actorMark(run, step.action.actor), ' ', h('code', {}, step.text)];
  const changes = step?.changes ?? [];
  return h(
    'section',
    {
      class: isViolated(run, n) ? 'state violating' : 'state',
      id: `step-${n}`,
      'aria-label': title,
    },
    h('h2', {}, h('span', { class: 'count' }, title), ' ', ...lead),
    ...(isViolated(run, n) ? findings(run) : []),
    changes.length === 0 && shown.changed.size === 0 && step !== undefined
      ? h('p', { class: 'none' }, 'Nothing that is shown changes.')
      : h('ul', { class: 'changes' }, ...changes.map((change) => h('li', {}, change))),
    h(
      'ul',
      { class: 'facts', 'aria-label': 'Beside the tables' },
      ...scene.facts.map((fact) => h('li', {}, fact)),
    ),
    h('div', { class: 'drawing' }, graph(places, shown, `graph-${n}`, `Page tables: ${title}`)),
  );
}

function header(run: Run): Markup {
  const { found, violation } = run;
  const { functions, commit = '', thread = '' } = found.kernel;
  return h(
    'header',
    {},
    h(
      'h1',
      {},
      violation?.property ?? found.title,
      ' ',
      violation === undefined
        ? h('span', { class: 'verdict good' }, `holds over ${run.steps.length} steps`)
        : h('span', { class: 'verdict bad' }, `violated ${placeText(violation, run)}`),
    ),
    h('p', { class: 'says' }, run.property?.says ?? found.says),
    h(
      'dl',
      { class: 'about' },
      ...term('scenario', found.scenario),
      ...term('rules', rulesText({ ...found.rules, rules: found.rules.changes })),
      ...term('kernel', [...functions, commit, thread].filter(Boolean).join(', ')),
      ...term('notes', found.notes),
      ...term('file', run.file),
    ),
  );
}

const button = (id: string, label: string, text: string): Markup =>
  h('button', { type: 'button', id, 'aria-label': label, title: label }, text);

const controls = ({ steps, violation }: Run): Markup =>
  h(
    'nav',
    { class: 'controls', 'aria-label': 'Steps' },
    button('first', 'First state (Home)', '«'),
    button('back', 'Step back (left arrow)', '‹'),
    h('input', {
      type: 'range',
      id: 'step',
      min: 0,
      max: steps.length,
      value: 0,
      'aria-label': 'Step',
    }),
    button('forward', 'Step forward (right arrow)', '›'),
    button('last', 'Last state (End)', '»'),
    ...(violation === undefined
      ? []
      : [
          h(
            'button',
            { type: 'button', id: 'violation', class: 'jump', 'data-step': violation.step },
            'Violation (v)',
          ),
        ]),
  );

/** What the colours mean, and those lines that the run has. */
const legend = (kinds: ReadonlySet<string>): Markup =>
  h(
    'footer',
    { class: 'legend' },
    ...[
      ['vcpu', 'vCPU, its root and TLB'],
      ['shadow-page', 'shadow page'],
      ['unsync', 'unsync shadow page'],
      ['invalid', 'invalid shadow page'],
      ['guest-table', 'guest page table'],
      ['changed', 'changed by this step'],
      ['broken', 'what the violation is about'],
    ].map(([kind = '', text = '']) =>
      h('span', { class: 'key' }, h('i', { class: `swatch ${kind}` }), ' ', text),
    ),
    ...[
      ['root', 'root'],
      ['link', 'entry of a shadow page'],
      ['guest', 'entry of a guest table'],
      ['shadows', 'shadows'],
      ['rmap', 'filed in the rmap'],
      ['cached', 'cached by the processor'],
    ]
      .filter(([kind = '']) => kinds.has(kind))
      .map(([kind = '', text = '']) =>
        h(
          'span',
          { class: 'key' },
          h(
            'svg',
            { class: 'line', width: 28, height: 10, 'aria-hidden': 'true' },
            h('path', { class: `edge ${kind}`, d: 'M1 5L27 5' }),
          ),
          ' ',
          text,
        ),
      ),
  );

const hash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is loaded, and no script runs but the page's own. */
const policy =
  `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; ` +
  "base-uri 'none'; form-action 'none'";

export function htmlText(run: Run, scenes: readonly Scene[]): string {
  const places = placesOf(scenes);
  const numbers = [0, ...run.steps.map(({ number }) => number)];
  const kinds = new Set<string>(places.edges.map(({ edge }) => edge.kind));
  const head = [
    h('meta', { charset: 'utf-8' }),
    h('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('meta', { name: 'generator', content: `kvm-mmu-check ${run.found.model.version}` }),
    h('title', {}, run.found.title),
    h('style', {}, style),
  ];
  const body = [
    arrowHeads([...kinds]),
    header(run),
    h(
      'div',
      { class: 'panes' },
      h(
        'nav',
        { class: 'steps', 'aria-label': 'All steps' },
        h('ol', {}, ...numbers.flatMap((n) => stepItem(run, n, run.steps[n - 1]))),
      ),
      h(
        'main',
        {},
        controls(run),
        h('p', { id: 'status', class: 'unseen', role: 'status', 'aria-live': 'polite' }),
        ...numbers.map((n) => stateSection(run, scenes, places, n)),
        legend(kinds),
      ),
    ),
    h('script', {}, script),
  ];
  return htmlDocument(head, body);
}
