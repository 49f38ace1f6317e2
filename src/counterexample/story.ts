/** What there is to say of a violation beside its finding: what it is about, and whence it came. */
import type { Catalogue, Selection } from '../checker/catalogue.ts';
import type { Finding } from '../engine/machine/index.ts';
import { changedIn, isTouched, type SceneObject } from '../picture/scene.ts';
import type { ExecutedRun } from './execute.ts';

/** Where along a run something is violated. */
export interface Breach {
  readonly property: string;
  readonly finding: Finding;
  /** The step after which it is; 0: in the initial state. Of a loop the last one. */
  readonly step: number;
  /** When it is the loop that violates the property: where it begins. */
  readonly loop?: number | undefined;
}

export interface Story {
  /** The step that breaks the property; absent for a loop. 0: the initial state is the breach. */
  readonly step?: number;
  /** The objects that the finding is about, in the state where it was made. */
  readonly objects: readonly SceneObject[];
  /** Numbers of the steps that changed one of them. */
  readonly concerned: readonly number[];
}

const stateAt = (run: ExecutedRun, step: number) => run.steps[step - 1]?.after ?? run.initialState;

function concernedSteps(
  { sceneOf }: Catalogue,
  selection: Selection,
  run: ExecutedRun,
  objects: readonly SceneObject[],
): number[] {
  if (sceneOf === undefined) return [];
  const things = objects.filter(({ id }) => id !== '');
  let before = sceneOf(selection, run.initialState);
  return run.steps.flatMap(({ number, after }) => {
    const scene = sceneOf(selection, after);
    const changed = changedIn(before, scene);
    before = scene;
    return things.some((thing) => isTouched(scene, thing, changed)) ? [number] : [];
  });
}

export function storyOf(
  catalogue: Catalogue,
  selection: Selection,
  run: ExecutedRun,
  { finding, step, loop }: Breach,
): Story {
  const objects = catalogue.objectsOf?.(selection, finding, stateAt(run, step)) ?? [];
  const concerned = concernedSteps(catalogue, selection, run, objects);
  return { objects, concerned, ...(loop === undefined ? { step } : {}) };
}
