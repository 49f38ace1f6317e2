/** A scene as text: one box below the other, its rows indented, what leads where in words. */
import { nodeOf, type NodeKind, type Scene, type SceneNode } from './scene.ts';

const headings: Readonly<Record<NodeKind, string>> = {
  vcpu: 'vCPUs',
  'shadow-page': 'shadow pages',
  'guest-table': 'guest tables',
  rmap: 'rmap',
};

/** Marks what is in `changed`, so that a reader finds what the step did. */
const sign = (changed: ReadonlySet<string>, id: string): string => (changed.has(id) ? '*' : ' ');

/** Pages that lead to this one, other than by rmap: `<- vcpu0 root, sp0[1]`. */
function leadingTo(scene: Scene, node: SceneNode): string {
  const from = scene.edges
    .filter(({ to, kind }) => kind !== 'rmap' && kind !== 'shadows' && to === node.id)
    .map((edge) => nameOf(scene, edge.from));
  return from.length === 0 ? '' : `  <- ${from.join(', ')}`;
}

/** Rows of guest tables are named by gfn, as everywhere else. */
function nameOf(scene: Scene, id: string): string {
  const node = nodeOf(scene, id);
  const row = node?.rows.find((candidate) => candidate.id === id);
  return node?.kind === 'guest-table' && row !== undefined
    ? `${node.title.replace('guest ', '')}${row.label}`
    : id;
}

function nodeLines(scene: Scene, node: SceneNode, changed: ReadonlySet<string>): string[] {
  const width = Math.max(0, ...node.rows.map(({ label }) => label.length));
  const head = [node.title, ...node.notes].join('  ');
  return [
    ...(node.kind === 'rmap' ? [] : [`${sign(changed, node.id)} ${head}${leadingTo(scene, node)}`]),
    ...node.rows.map(
      ({ id, label, text }) => `${sign(changed, id)}   ${label.padEnd(width)}  ${text}`,
    ),
  ];
}

/** Order: as in the scene. Lines with `*` changed. */
export function sceneText(scene: Scene, changed: ReadonlySet<string> = new Set()): string[] {
  const kinds = [...new Set(scene.nodes.map(({ kind }) => kind))];
  const parts = kinds.map((kind) => [
    headings[kind],
    ...scene.nodes
      .filter((node) => node.kind === kind)
      .flatMap((node) => nodeLines(scene, node, changed)),
  ]);
  const facts = scene.facts.length === 0 ? [] : [['state', ...scene.facts.map((f) => `  ${f}`)]];
  return [...parts, ...facts].flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
