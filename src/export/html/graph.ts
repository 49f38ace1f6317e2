/** The picture of one state, at the places that all states of the run share. */
import {
  metrics,
  type PlacedEdge,
  type PlacedNode,
  type PlacedScene,
  type Point,
} from '../../picture/layout.ts';
import { edgeId, type Scene, type SceneNode } from '../../picture/scene.ts';
import { h, type Markup } from './element.ts';
import { noteLines } from './places.ts';

export interface Shown {
  readonly scene: Scene;
  /** The state before the step; the same for the initial state. */
  readonly before: Scene;
  /** Ids of what the step brought or changed. */
  readonly changed: ReadonlySet<string>;
  /** Ids of what the violation is about. */
  readonly broken: ReadonlySet<string>;
}

const classes = (...names: readonly (string | false)[]): string =>
  names.filter((name) => name !== false).join(' ');

/** Baseline of a line of text in a box. */
const baseline = ({ y }: PlacedNode, line: number): number =>
  y + metrics.padding + (line + 0.5) * metrics.line + metrics.font * 0.35;

const text = (place: PlacedNode, line: number, name: string, ...content: Markup['children']) =>
  h('text', { class: name, x: place.x + metrics.padding, y: baseline(place, line) }, ...content);

/** The strip behind a row, which tells that it changed. */
const strip = ({ x, y, width }: PlacedNode, line: number): Markup =>
  h('rect', {
    class: 'strip',
    x: x + 1,
    y: y + metrics.padding + line * metrics.line,
    width: width - 2,
    height: metrics.line,
  });

function rowMarkup(place: PlacedNode, row: SceneNode['rows'][number], shown: Shown): Markup {
  const at = place.node.rows.findIndex(({ id }) => id === row.id);
  const line = 1 + place.node.notes.length + at;
  const names = classes(
    'row',
    row.text === '-' && 'empty',
    shown.changed.has(row.id) && 'changed',
    shown.broken.has(row.id) && 'broken',
  );
  return h(
    'g',
    { class: names },
    strip(place, line),
    text(place, line, 'cell', h('tspan', { class: 'label' }, row.label), ' ', row.text),
  );
}

function box(place: PlacedNode, node: SceneNode, shown: Shown, names: string): Markup {
  const { x, y, width, height } = place;
  const above = y + metrics.padding + (1 + place.node.notes.length) * metrics.line;
  return h(
    'g',
    { class: names },
    h('rect', { class: 'box', x, y, width, height, rx: 6 }),
    h('rect', {
      class: 'head',
      x: x + 1,
      y: y + 1,
      width: width - 2,
      height: above - y - 1,
      rx: 5,
    }),
    text(place, 0, 'title', node.title),
    ...noteLines(node).map((line, i) => text(place, 1 + i, 'note', line)),
    ...node.rows.map((row) => rowMarkup(place, row, shown)),
  );
}

function nodeMarkup(place: PlacedNode, shown: Shown): Markup[] {
  const same = ({ id }: SceneNode) => id === place.node.id;
  const node = shown.scene.nodes.find(same);
  if (node !== undefined) {
    const names = classes(
      'node',
      node.kind,
      node.state,
      shown.changed.has(node.id) && 'changed',
      shown.broken.has(node.id) && 'broken',
    );
    return [box(place, node, shown, names)];
  }
  const gone = shown.before.nodes.find(same);
  return gone === undefined ? [] : [box(place, gone, shown, classes('node', gone.kind, 'gone'))];
}

const at = ({ x, y }: Point): string => `${Math.round(x)} ${Math.round(y)}`;
const between = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** Through the middles of the stretches between bends, with the bends as handles. */
function curve([first, ...rest]: readonly Point[]): string {
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const bends = rest.slice(0, -1);
  const parts = bends.map((bend, i) => `Q${at(bend)} ${at(between(bend, bends[i + 1] ?? last))}`);
  return `M${at(first)}${parts.join('')}L${at(last)}`;
}

/** From a row of a table to the table itself: around its right side. */
function selfLoop({ x, width }: PlacedNode, points: readonly Point[]): string {
  const [from, to] = [points[0]?.y ?? 0, points.at(-1)?.y ?? 0].map(Math.round);
  const [right, out] = [x + width, x + width + 20].map(Math.round);
  return `M${right} ${from}C${out} ${from} ${out} ${to} ${right} ${to}`;
}

const belongsTo = ({ node }: PlacedNode, id: string): boolean =>
  node.id === id || node.rows.some((row) => row.id === id);

function edgeMarkup(places: PlacedScene, { edge, points }: PlacedEdge, shown: Shown): Markup[] {
  const same = (other: PlacedEdge['edge']) => edgeId(other) === edgeId(edge);
  const isNow = shown.scene.edges.some(same);
  if (!isNow && !shown.before.edges.some(same)) return [];
  const isChanged = isNow && shown.changed.has(edgeId(edge));
  const kind = classes('edge', edge.kind, isChanged && 'changed', !isNow && 'gone');
  const marker = isChanged || !isNow ? 'arrow-changed' : `arrow-${edge.kind}`;
  const own = places.nodes.find(
    (place) => belongsTo(place, edge.from) && belongsTo(place, edge.to),
  );
  const d = own === undefined ? curve(points) : selfLoop(own, points);
  return [h('path', { class: kind, d, 'marker-end': `url(#${marker})` })];
}

/** What the picture says, for those who do not see it. */
const description = ({ nodes }: Scene): string =>
  nodes
    .map(({ title, notes, rows }) => {
      const entries = rows.map((row) => `${row.label} ${row.text}`);
      return `${[title, ...notes].join(', ')}: ${entries.join('; ')}.`;
    })
    .join(' ');

/** `name`: unique within the page. */
export function graph(places: PlacedScene, shown: Shown, name: string, title: string): Markup {
  const { width, height } = places;
  return h(
    'svg',
    {
      class: 'graph',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-labelledby': `${name}-title ${name}-desc`,
    },
    h('title', { id: `${name}-title` }, title),
    h('desc', { id: `${name}-desc` }, description(shown.scene)),
    ...places.edges.flatMap((edge) => edgeMarkup(places, edge, shown)),
    ...places.nodes.flatMap((place) => nodeMarkup(place, shown)),
  );
}

/** Heads of arrows, once for the page. */
export const arrowHeads = (kinds: readonly string[]): Markup =>
  h(
    'svg',
    { class: 'arrows', width: 0, height: 0, 'aria-hidden': 'true', focusable: 'false' },
    h(
      'defs',
      {},
      ...[...kinds, 'changed'].map((kind) =>
        h(
          'marker',
          {
            id: `arrow-${kind}`,
            class: `arrow ${kind}`,
            viewBox: '0 0 8 8',
            refX: 7,
            refY: 4,
            markerWidth: 7,
            markerHeight: 7,
            orient: 'auto-start-reverse',
          },
          h('path', { d: 'M0 0.5L7.5 4L0 7.5z' }),
        ),
      ),
    ),
  );
