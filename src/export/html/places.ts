/** One arrangement for the pictures of all states of a run: nothing moves from step to step. */
import { placed, type PlacedScene } from '../../picture/layout.ts';
import {
  edgeId,
  type Scene,
  type SceneEdge,
  type SceneNode,
  type SceneRow,
} from '../../picture/scene.ts';

/** Columns of the notes of a box. */
const noteColumns = 30;

/** The notes of a box in as few lines as fit, none of them broken. */
export function noteLines({ notes }: SceneNode): string[] {
  const lines: string[] = [];
  for (const note of notes) {
    const last = lines.at(-1);
    const joined = `${last} · ${note}`;
    if (last === undefined || joined.length > noteColumns) lines.push(note);
    else lines[lines.length - 1] = joined;
  }
  return lines;
}

const longer = (a: string, b: string): string => (b.length > a.length ? b : a);

function widestRow(a: SceneRow, b: SceneRow): SceneRow {
  return { id: a.id, label: longer(a.label, b.label), text: longer(a.text, b.text) };
}

/** A box with room for either. */
function widest(a: SceneNode, b: SceneNode): SceneNode {
  const rows = new Map(a.rows.map((row) => [row.id, row]));
  for (const row of b.rows) rows.set(row.id, widestRow(rows.get(row.id) ?? row, row));
  const notes = Array.from({ length: Math.max(a.notes.length, b.notes.length) }, (_, i) =>
    longer(a.notes[i] ?? '', b.notes[i] ?? ''),
  );
  return { ...a, title: longer(a.title, b.title), notes, rows: [...rows.values()] };
}

const inLines = (node: SceneNode): SceneNode => ({ ...node, notes: noteLines(node) });

/**
 * A scene with every box and every edge of all of them. Ends of edges that lie in a row of a box
 * which has none at the time are in the box.
 */
export function unionOf(scenes: readonly Scene[]): Scene {
  const nodes = new Map<string, SceneNode>();
  const edges = new Map<string, SceneEdge>();
  for (const scene of scenes) {
    for (const node of scene.nodes.map(inLines)) {
      nodes.set(node.id, widest(nodes.get(node.id) ?? node, node));
    }
    for (const edge of scene.edges) edges.set(edgeId(edge), edge);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], facts: [] };
}

export const placesOf = (scenes: readonly Scene[]): PlacedScene => placed(unionOf(scenes));
