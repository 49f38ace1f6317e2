/** One state of a stored run as a picture. */
import { Fault } from '../../checker/fault.ts';
import { changedIn, type Scene } from '../../picture/scene.ts';
import { sceneSvg } from '../../picture/svg.ts';
import { sceneText } from '../../picture/text.ts';
import { writeWhole } from '../../counterexample/write-text.ts';
import type { Environment } from '../environment.ts';
import type { Viewed } from './view.ts';

interface Picture {
  /** `state after step 4 of 9: kvm_mmu_load()`. */
  readonly title: string;
  readonly scene: Scene;
  /** Against the state before the step. */
  readonly changed: ReadonlySet<string>;
}

/** Of the step that is shown, or else the last one. Errors: fault 103 for a machine without. */
function pictureOf({ catalogue }: Environment, viewed: Viewed): Picture {
  const { replayed, steps } = viewed;
  const { run, selection } = replayed;
  const { sceneOf } = catalogue;
  if (sceneOf === undefined) {
    throw new Fault('KMC-103', `machine "${replayed.machine.name}" has no picture`);
  }
  const number = viewed.step ?? run.steps.length;
  const step = run.steps[number - 1];
  const scene = sceneOf(selection, step?.after ?? run.initialState);
  const action = steps[number - 1];
  const what = action === undefined ? '' : `: ${action.actor} ${action.action}`;
  return {
    title: number === 0 ? 'initial state' : `state after step ${number} of ${steps.length}${what}`,
    scene,
    changed: step === undefined ? new Set() : changedIn(sceneOf(selection, step.before), scene),
  };
}

/** For programs. */
export const pictureData = (environment: Environment, viewed: Viewed): Scene =>
  pictureOf(environment, viewed).scene;

export function pictureLines(environment: Environment, viewed: Viewed): string[] {
  const { title, scene, changed } = pictureOf(environment, viewed);
  return [title, ...sceneText(scene, changed)];
}

/** Errors: fault 601 when the file cannot be written. */
export function writeSvg(environment: Environment, viewed: Viewed, file: string): void {
  const { title, scene, changed } = pictureOf(environment, viewed);
  writeWhole(file, sceneSvg(scene, `${viewed.found.scenario}, ${title}`, changed));
}
