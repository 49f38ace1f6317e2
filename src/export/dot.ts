/**
 * A state as a graph for Graphviz: tables as records, an edge from each entry to where it leads.
 *
 * https://graphviz.org/doc/info/lang.html
 */
import { changedIn, edgeId, nodeOf, type EdgeKind, type SceneNode } from '../picture/scene.ts';
import type { Scene } from '../picture/scene.ts';
import { findingText } from '../report/story-text.ts';
import { wrap } from '../report/style.ts';
import { concernedIn } from './concerned.ts';
import type { Run } from './run.ts';

/** What the step changed, and what the violation is about. */
const changedColour = '#c2410c';
const brokenFill = '#fecaca';

const fills: Readonly<Record<SceneNode['kind'], string>> = {
  vcpu: '#e0e7ff',
  'guest-table': '#dcfce7',
  'shadow-page': '#f8fafc',
  rmap: '#f1f5f9',
};

const stateFills: Readonly<Record<SceneNode['state'], string | undefined>> = {
  plain: undefined,
  unsync: '#fef3c7',
  invalid: '#e5e7eb',
  freed: '#e5e7eb',
};

const edgeStyles: Readonly<Record<EdgeKind, string>> = {
  root: 'penwidth=2',
  link: 'penwidth=1.5',
  shadows: 'style=dotted, arrowhead=empty',
  guest: 'color="#15803d"',
  rmap: 'style=dashed, color="#94a3b8", constraint=false',
  cached: 'style=dashed, color="#6366f1"',
};

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll(/\s+/g, ' ')}"`;

/** Text of a field of a record, where braces, bars, angles and blanks have a meaning. */
const field = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\{}|<>"]/g, (character) => `\\${character}`)
    .replaceAll('  ', '\\ \\ ');

/** Lines of a label, each aligned to the left. */
const lines = (texts: readonly string[]): string =>
  `"${texts.map((text) => `${quoted(text).slice(1, -1)}\\l`).join('')}"`;

/** Within an edge: the box, or the row of the box. */
function end(scene: Scene, id: string): string | undefined {
  const node = nodeOf(scene, id);
  if (node === undefined) return undefined;
  const row = node.rows.findIndex((candidate) => candidate.id === id);
  return row < 0 ? quoted(node.id) : `${quoted(node.id)}:r${row}`;
}

interface Marks {
  readonly changed: ReadonlySet<string>;
  readonly broken: ReadonlySet<string>;
}

function nodeLine(node: SceneNode, { changed, broken }: Marks): string {
  const head = [node.title, ...node.notes].map((line) => `${field(line)}\\l`).join('');
  const rows = node.rows.map(({ id, label, text }, i) => {
    const mark = `${broken.has(id) ? '!' : ''}${changed.has(id) ? '*' : ''}`;
    return `<r${i}> ${field(`${mark}${label} ${text}`)}\\l`;
  });
  const ids = [node.id, ...node.rows.map(({ id }) => id)];
  const fill = ids.some((id) => broken.has(id)) ? brokenFill : stateFills[node.state];
  const attributes = [
    `label="${[head, ...rows].join('|')}"`,
    `fillcolor="${fill ?? fills[node.kind]}"`,
    ...(ids.some((id) => changed.has(id)) ? [`color="${changedColour}"`, 'penwidth=2'] : []),
  ];
  return `  ${quoted(node.id)} [${attributes.join(', ')}];`;
}

function edgeLines(scene: Scene, { changed }: Marks): string[] {
  return scene.edges.flatMap((edge) => {
    const [from, to] = [end(scene, edge.from), end(scene, edge.to)];
    if (from === undefined || to === undefined) return [];
    const isChanged = changed.has(edgeId(edge));
    const colour = isChanged ? `, color="${changedColour}"` : '';
    return [
      `  ${from} -> ${to} [tooltip=${quoted(edge.kind)}, ${edgeStyles[edge.kind]}${colour}];`,
    ];
  });
}

function captionOf(run: Run, scene: Scene, number: number): string[] {
  const step = run.steps[number - 1];
  const { violation } = run;
  return [
    ...wrap(run.found.title, 100),
    step === undefined
      ? 'initial state'
      : `after step ${number} of ${run.steps.length}: ${step.action.actor} ${step.text}`,
    ...scene.facts,
    ...(violation?.step === number ? [`VIOLATION: ${findingText(violation.finding)}`] : []),
  ];
}

/** The state after step `number`. `*`: changed by the step; `!`: what the violation is about. */
export function dotText(run: Run, scenes: readonly Scene[], number: number): string {
  const scene = scenes[number] ?? { nodes: [], edges: [], facts: [] };
  const { violation } = run;
  const marks = {
    changed: changedIn(scenes[Math.max(0, number - 1)] ?? scene, scene),
    broken: violation?.step === number ? concernedIn(scene, violation.finding) : new Set<string>(),
  };
  return [
    'digraph counterexample {',
    '  rankdir=LR;',
    '  labelloc=t;',
    '  labeljust=l;',
    '  fontname="monospace";',
    `  label=${lines(captionOf(run, scene, number))};`,
    '  node [shape=record, style=filled, fontname="monospace", fontsize=10];',
    '  edge [fontname="monospace", fontsize=9];',
    ...scene.nodes.map((node) => nodeLine(node, marks)),
    ...edgeLines(scene, marks),
    '}',
    '',
  ].join('\n');
}
