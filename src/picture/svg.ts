/** A scene as SVG: boxes where the layout puts them, edges between them, changes highlighted. */
import { xmlText, type XmlElement } from '../report/xml.ts';
import { metrics, placed, type PlacedEdge, type PlacedNode, type Point } from './layout.ts';
import { edgeId, type EdgeKind, type NodeKind, type NodeState, type Scene } from './scene.ts';

const fills: Readonly<Record<NodeKind, string>> = {
  vcpu: '#eeeeee',
  'shadow-page': '#dbe8f6',
  'guest-table': '#e2f0d9',
  rmap: '#f4eadb',
};

const stateFills: Readonly<Record<Exclude<NodeState, 'plain'>, string>> = {
  unsync: '#fbe3b5',
  invalid: '#d0d0d0',
  freed: '#f6c9c9',
};

interface Stroke {
  readonly colour: string;
  readonly dash?: string;
}

const strokes: Readonly<Record<EdgeKind, Stroke>> = {
  root: { colour: '#222222' },
  link: { colour: '#2f6db3' },
  guest: { colour: '#4b8b3b' },
  shadows: { colour: '#999999', dash: '2 4' },
  rmap: { colour: '#b07d2b', dash: '6 3' },
  cached: { colour: '#b03a2e', dash: '6 3' },
};

const changedColour = '#c0392b';
const highlight = '#ffe96b';
const heading = 28;

const round = (n: number): number => Math.round(n * 10) / 10;

const text = (x: number, y: number, content: string, weight?: string): XmlElement => ({
  name: 'text',
  attributes: { x: round(x), y: round(y), 'font-weight': weight, 'xml:space': 'preserve' },
  children: content,
});

const box = (attributes: NonNullable<XmlElement['attributes']>): XmlElement => ({
  name: 'rect',
  attributes,
});

function nodeElement({ node, x, y, width, height }: PlacedNode, changed: ReadonlySet<string>) {
  const fill = node.state === 'plain' ? fills[node.kind] : stateFills[node.state];
  const stroke = changed.has(node.id) ? changedColour : '#444444';
  const line = (n: number) => y + metrics.padding + (n + 0.75) * metrics.line;
  const above = 1 + node.notes.length;
  const left = x + metrics.padding;
  const rows = node.rows.flatMap((row, i) => [
    ...(changed.has(row.id)
      ? [
          box({
            x: round(x + 2),
            y: round(y + metrics.padding + (above + i) * metrics.line),
            width: round(width - 4),
            height: metrics.line,
            fill: highlight,
          }),
        ]
      : []),
    text(left, line(above + i), `${row.label} ${row.text}`),
  ]);
  return {
    name: 'g',
    children: [
      box({ x: round(x), y: round(y), width, height, rx: 4, fill, stroke }),
      text(left, line(0), node.title, 'bold'),
      ...node.notes.map((note, i) => text(left, line(1 + i), note)),
      ...rows,
    ],
  };
}

const at = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;

/** A curve that leaves and enters level, by way of the bends of the layout where it is far. */
function pathOf(all: readonly Point[]): string {
  const points = all.length > 3 ? all : [...all.slice(0, 1), ...all.slice(-1)];
  const parts = points.slice(1).map((point, i) => {
    const from = points[i] ?? point;
    const middle = (from.x + point.x) / 2;
    return `C${at({ x: middle, y: from.y })} ${at({ x: middle, y: point.y })} ${at(point)}`;
  });
  const [first = { x: 0, y: 0 }] = points;
  return `M${at(first)}${parts.join('')}`;
}

function edgeElement({ edge, points }: PlacedEdge, changed: ReadonlySet<string>): XmlElement {
  const { colour, dash } = strokes[edge.kind];
  const isNew = changed.has(edgeId(edge));
  return {
    name: 'path',
    attributes: {
      d: pathOf(points),
      fill: 'none',
      stroke: isNew ? changedColour : colour,
      'stroke-width': isNew ? 2 : 1,
      'stroke-dasharray': dash,
      'marker-end': 'url(#arrow)',
    },
  };
}

const arrow: XmlElement = {
  name: 'marker',
  attributes: {
    id: 'arrow',
    viewBox: '0 0 8 8',
    refX: 8,
    refY: 4,
    markerWidth: 7,
    markerHeight: 7,
    markerUnits: 'userSpaceOnUse',
    orient: 'auto',
  },
  children: [{ name: 'path', attributes: { d: 'M0 0L8 4L0 8z', fill: '#444444' } }],
};

/** Room for facts below a small picture. */
const leastColumns = 80;

/** Facts beside each other, in as many lines as they take; none is broken. */
function wrapped(facts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const joined = `${lines.at(-1)}   ${fact}`;
    if (lines.length === 0 || joined.length > columns) lines.push(fact);
    else lines[lines.length - 1] = joined;
  }
  return lines;
}

/** `title` says which state of which run it is. Nothing is loaded from elsewhere. */
export function sceneSvg(
  scene: Scene,
  title: string,
  changed: ReadonlySet<string> = new Set(),
): string {
  const { width, height, nodes, edges } = placed(scene);
  const columns = Math.max(leastColumns, Math.floor((width - 32) / metrics.character));
  const facts = wrapped(scene.facts, columns);
  const longest = Math.max(title.length, ...facts.map((line) => line.length));
  const size = {
    width: Math.ceil(Math.max(width, longest * metrics.character + 32)),
    height: height + 2 * heading + Math.max(0, facts.length - 1) * metrics.line,
  };
  return xmlText({
    name: 'svg',
    attributes: {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${size.width} ${size.height}`,
      width: size.width,
      height: size.height,
      'font-family': 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace',
      'font-size': metrics.font,
    },
    children: [
      { name: 'title', children: title },
      { name: 'defs', children: [arrow] },
      box({ width: size.width, height: size.height, fill: '#ffffff' }),
      text(16, 20, title, 'bold'),
      {
        name: 'g',
        attributes: { transform: `translate(0 ${heading})` },
        children: [
          ...edges.map((edge) => edgeElement(edge, changed)),
          ...nodes.map((node) => nodeElement(node, changed)),
        ],
      },
      ...facts.map((line, i) =>
        text(16, size.height - 12 - (facts.length - 1 - i) * metrics.line, line),
      ),
    ],
  });
}
