/** Where the boxes and edges of a scene go, in pixels of a fixed-width font. */
import { Graph, layout } from '@dagrejs/dagre';
import { edgeId, nodeOf, type Scene, type SceneEdge, type SceneNode } from './scene.ts';

/** Width of a character, height of a line, and space within a box, in pixels. */
export const metrics = { character: 7.25, line: 18, padding: 8, font: 12 } as const;

export interface PlacedNode {
  readonly node: SceneNode;
  /** Top left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  readonly edge: SceneEdge;
  /** From the row or box where it starts to the one where it ends, by way of the layout's bends. */
  readonly points: readonly Point[];
}

export interface PlacedScene {
  readonly width: number;
  readonly height: number;
  /** Order: that of the scene. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** The lines of text of a box: title, notes, rows. */
const linesOf = ({ title, notes, rows }: SceneNode): string[] => [
  title,
  ...notes,
  ...rows.map(({ label, text }) => `${label} ${text}`),
];

const sizeOf = (node: SceneNode) => {
  const lines = linesOf(node);
  const longest = Math.max(...lines.map((line) => line.length));
  return {
    width: Math.ceil(longest * metrics.character) + 2 * metrics.padding,
    height: lines.length * metrics.line + 2 * metrics.padding,
  };
};

/** Height of the middle of the line that an id names: the title of a box, or a row. */
function lineHeight({ node, y }: PlacedNode, id: string): number {
  const row = node.rows.findIndex((candidate) => candidate.id === id);
  const line = row < 0 ? 0 : 1 + node.notes.length + row;
  return y + metrics.padding + (line + 0.5) * metrics.line;
}

/** rmap chains point back at leaves; the layout keeps what they belong to on the right. */
const laidOut = ({ kind, from, to }: SceneEdge): [string, string] =>
  kind === 'rmap' ? [to, from] : [from, to];

function arranged(scene: Scene): Graph {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 64, marginx: 16, marginy: 16 });
  for (const node of scene.nodes) graph.setNode(node.id, sizeOf(node));
  for (const edge of scene.edges) {
    const [from, to] = laidOut(edge).map((id) => nodeOf(scene, id)?.id);
    if (from === undefined || to === undefined) continue;
    const weight = edge.kind === 'link' || edge.kind === 'guest' ? 3 : 1;
    graph.setEdge(from, to, { weight, minlen: 1, width: 0, height: 0 }, edgeId(edge));
  }
  layout(graph);
  return graph;
}

/** What the layout gives for a box: its middle. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Route {
  readonly points: readonly Point[];
}

/** An edge may begin and end at a row, which the layout does not know: its ends move there. */
function placedEdge(
  edge: SceneEdge,
  graph: Graph,
  nodes: ReadonlyMap<string, PlacedNode>,
  scene: Scene,
): PlacedEdge[] {
  const from = nodes.get(nodeOf(scene, edge.from)?.id ?? '');
  const to = nodes.get(nodeOf(scene, edge.to)?.id ?? '');
  if (from === undefined || to === undefined) return [];
  const [v, w] = edge.kind === 'rmap' ? [to, from] : [from, to];
  const route = graph.edge(v.node.id, w.node.id, edgeId(edge)) as Route;
  const bends = route.points.slice(1, -1);
  const inward = edge.kind === 'rmap' ? bends.toReversed() : bends;
  const [second = centre(to)] = inward;
  const last = inward.at(-1) ?? centre(from);
  return [
    {
      edge,
      points: [beside(from, edge.from, second.x), ...inward, beside(to, edge.to, last.x)],
    },
  ];
}

const centre = ({ x, y, width, height }: PlacedNode): Point => ({
  x: x + width / 2,
  y: y + height / 2,
});

/** The end of the line that the id names, on the side that faces `x`. */
const beside = (placed: PlacedNode, id: string, x: number): Point => ({
  x: x < centre(placed).x ? placed.x : placed.x + placed.width,
  y: lineHeight(placed, id),
});

export function placed(scene: Scene): PlacedScene {
  const graph = arranged(scene);
  const nodes = scene.nodes.map((node): PlacedNode => {
    const { x, y, width, height } = graph.node(node.id) as Box;
    return { node, x: x - width / 2, y: y - height / 2, width, height };
  });
  const byId = new Map(nodes.map((node) => [node.node.id, node]));
  const { width = 0, height = 0 } = graph.graph() as Partial<Box>;
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes,
    edges: scene.edges.flatMap((edge) => placedEdge(edge, graph, byId, scene)),
  };
}
