/** The objects that a finding names, as they are in the state where it was made. */
import { gpteText } from '../../model/gpte.ts';
import type { Geometry } from '../../model/geometry.ts';
import { spteText } from '../../model/spte.ts';
import type { Snapshot } from '../checker/catalogue.ts';
import type { Finding } from '../engine/machine/index.ts';
import { nodeOf, type Scene, type SceneNode, type SceneObject } from './scene.ts';
import { shadowScene } from './shadow-scene.ts';
import { shadowState, type ShadowState } from './shadow-state.ts';
import { guestWalk, pfnOf, shadowWalk } from './shadow-walk.ts';

/** Where findings name shadow pages. */
const pageFields = ['sp', 'twin', 'parent', 'root', 'child'] as const;

const numberIn = ({ where }: Finding, name: string): number | undefined => {
  const value = where[name];
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
};

const nodeText = ({ title, notes, rows }: SceneNode): string => {
  const head = [title, ...notes].join(' ');
  if (rows.length === 0) return head;
  return `${head}: ${rows.map(({ label, text }) => `${label} ${text}`).join(', ')}`;
};

const node = (scene: Scene, id: string): SceneObject[] => {
  const found = nodeOf(scene, id);
  return found === undefined ? [] : [{ id, text: nodeText(found) }];
};

const row = (scene: Scene, id: string): SceneObject[] => {
  const found = nodeOf(scene, id)?.rows.find((candidate) => candidate.id === id);
  return found === undefined || found.text === '-' ? [] : [{ id, text: `${id}: ${found.text}` }];
};

/** The ways that hardware and the manual take to an address. */
function walks(state: ShadowState, g: Geometry, v: number, va: number): SceneObject[] {
  const at = `vcpu${v} va 0x${va.toString(16)}`;
  const shadow = shadowWalk(state, g, state.vcpu[v]?.root ?? null, va).map(
    ({ sp, index, spte }) => `sp${sp}[${index}] ${spteText(spte)}`,
  );
  const guest = guestWalk(state, g, v, va).map(
    ({ gfn, index, pte }) => `gfn 0x${gfn.toString(16)}[${index}] ${gpteText(pte)}`,
  );
  return [
    { id: '', text: `shadow walk ${at}: ${shadow.join(', ') || 'no root'}` },
    { id: '', text: `guest walk ${at}: ${guest.join(', ')}` },
  ];
}

/** Shadow pages and guest tables that the walks of an address pass. */
function onTheWay(state: ShadowState, g: Geometry, v: number, va: number): string[] {
  const pages = shadowWalk(state, g, state.vcpu[v]?.root ?? null, va).map(({ sp }) => `sp${sp}`);
  const tables = guestWalk(state, g, v, va).map(({ gfn }) => `table${pfnOf(state, g, gfn)}`);
  return [...pages, ...tables];
}

function ofVcpu(scene: Scene, state: ShadowState, g: Geometry, finding: Finding): SceneObject[] {
  const v = numberIn(finding, 'vcpu');
  const va = numberIn(finding, 'va');
  if (v === undefined) return [];
  if (va === undefined) return node(scene, `vcpu${v}`).map(({ text }) => ({ id: '', text }));
  const cached = (nodeOf(scene, `vcpu${v}`)?.rows ?? []).filter(({ label }) =>
    /^(tlb|psc)/.test(label),
  );
  return [
    ...walks(state, g, v, va),
    ...cached.flatMap(({ id }) => row(scene, id)),
    ...onTheWay(state, g, v, va).flatMap((id) => node(scene, id)),
  ];
}

/** Order: as a reader asks for them: who, which shadow pages, what they shadow, what maps it. */
export function shadowObjects(finding: Finding, snapshot: Snapshot, g: Geometry): SceneObject[] {
  const state = shadowState(snapshot);
  const scene = shadowScene(snapshot, g);
  const pages = pageFields.flatMap((name) => numberIn(finding, name) ?? []);
  const behind = pages.flatMap((sp) => {
    const page = state.sp[sp];
    return page === undefined || page.role.direct ? [] : `table${pfnOf(state, g, page.gfn)}`;
  });
  const gfn = numberIn(finding, 'gfn');
  const named = gfn === undefined ? [] : [`table${pfnOf(state, g, gfn)}`];
  const objects = [
    ...ofVcpu(scene, state, g, finding),
    ...pages.flatMap((sp) => node(scene, `sp${sp}`)),
    ...[...behind, ...named].flatMap((id) => node(scene, id)),
    ...(gfn === undefined ? [] : row(scene, `rmap gfn 0x${gfn.toString(16)}`)),
    ...scene.facts.map((text) => ({ id: '', text })),
  ];
  return objects.filter(({ text }, i) => objects.findIndex((o) => o.text === text) === i);
}
