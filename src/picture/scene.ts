/**
 * A state as a picture, before anything is drawn: boxes with rows, and edges between them.
 *
 * Knows no machine and no format. `shadow-scene.ts` makes one of a state of the shadow MMU; text,
 * SVG and other drawings are made from it.
 */

export type NodeKind = 'vcpu' | 'guest-table' | 'shadow-page' | 'rmap';

/** What a box is besides what it holds; drawings may colour it. */
export type NodeState = 'plain' | 'unsync' | 'invalid' | 'freed';

/** One entry of a table, or one line of what a box holds. */
export interface SceneRow {
  /** Unique within the scene, and stable from state to state: `sp1[0]`. */
  readonly id: string;
  /** `[0]`. */
  readonly label: string;
  /** `pfn 0x3 wux`; `-` for an entry that is not present. */
  readonly text: string;
}

export interface SceneNode {
  /** Unique within the scene, and stable from state to state: `sp1`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly state: NodeState;
  /** `sp1 l1 gfn 0x4`. */
  readonly title: string;
  /** What is known of it beside its rows: `access wux`, `unsync`, `root_count 1`. */
  readonly notes: readonly string[];
  readonly rows: readonly SceneRow[];
}

/**
 * `root`: from a vCPU to the page that it runs on. `link`: from a table entry to the shadow page
 * below. `shadows`: from a shadow page to the guest table behind it. `guest`: from an entry of a
 * guest table to the table below. `rmap`: from the chain of a gfn to a leaf that is filed there.
 * `cached`: from a paging-structure cache to the page that it leads to.
 */
export type EdgeKind = 'root' | 'link' | 'shadows' | 'guest' | 'rmap' | 'cached';

export interface SceneEdge {
  readonly kind: EdgeKind;
  /** Id of a node or of a row. */
  readonly from: string;
  /** Id of a node or of a row. */
  readonly to: string;
}

export interface Scene {
  /** vCPUs, then shadow pages, guest tables and the rmap, each in the order of their numbers. */
  readonly nodes: readonly SceneNode[];
  readonly edges: readonly SceneEdge[];
  /** What belongs to no box: `mmu_lock vcpu0`, `owed flush {link}`. */
  readonly facts: readonly string[];
}

export const edgeId = ({ kind, from, to }: SceneEdge): string => `${kind} ${from} ${to}`;

/** Something of a state that a reader should look at. */
export interface SceneObject {
  /** Of a node or row of the scene; empty for what is in none, or changes all the time. */
  readonly id: string;
  /** In one line. */
  readonly text: string;
}

/** Every id with what a reader sees of it. */
function seen(scene: Scene): Map<string, string> {
  const all = new Map<string, string>();
  for (const node of scene.nodes) {
    all.set(node.id, [node.state, node.title, ...node.notes].join('\n'));
    for (const row of node.rows) all.set(row.id, row.text);
  }
  for (const edge of scene.edges) all.set(edgeId(edge), '');
  return all;
}

/** Ids of the nodes, rows and edges (`edgeId`) of `after` that are new or look different. */
export function changedIn(before: Scene, after: Scene): ReadonlySet<string> {
  const old = seen(before);
  return new Set([...seen(after)].filter(([id, text]) => old.get(id) !== text).map(([id]) => id));
}

/** Whether anything of the object, its rows included, is among the changed ids. */
export const isTouched = (scene: Scene, { id }: SceneObject, changed: ReadonlySet<string>) =>
  changed.has(id) ||
  (scene.nodes.find((node) => node.id === id)?.rows.some((row) => changed.has(row.id)) ?? false);

/** The node that an id of a node or of a row belongs to. */
export const nodeOf = (scene: Scene, id: string): SceneNode | undefined =>
  scene.nodes.find((node) => node.id === id || node.rows.some((row) => row.id === id));
