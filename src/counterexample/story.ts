/** What there is to say of a violation beside its finding: what it is about, and whence it came. */
import type { Catalogue, Cause, Selection } from '../checker/catalogue.ts';
import type { Finding } from '../engine/machine/index.ts';
import { changedIn, isTouched, type SceneObject } from '../picture/scene.ts';
import { executeActions, type ExecutedRun, type Judged } from './execute.ts';

/** Where along a run something is violated. */
export interface Breach {
  readonly property: string;
  readonly finding: Finding;
  /** The step after which it is; 0: in the initial state. Of a loop the last one. */
  readonly step: number;
  /** When it is the loop that violates the property: where it begins. */
  readonly loop?: number | undefined;
}

/** A cause with who did it, and in which transition. */
export interface NamedCause extends Cause {
  readonly actor: string;
  readonly transition: string;
}

export interface Story {
  /** The step that breaks the property; absent for a loop. 0: the initial state is the breach. */
  readonly step?: number;
  /** The objects that the finding is about, in the state where it was made. */
  readonly objects: readonly SceneObject[];
  /** The steps that led to it, and what they did. */
  readonly causes: readonly NamedCause[];
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

/**
 * The step from which on the finding is there, where the property is asked later: it may be
 * broken for a while, as long as somebody holds a lock. Found by asking it after each step.
 */
function madeSo(
  catalogue: Catalogue,
  selection: Selection,
  run: ExecutedRun,
  { property, finding, step }: Breach,
): Cause[] {
  const machine = catalogue.instantiate(selection);
  const asked = machine.properties.find(({ id }) => id === property);
  if (asked?.kind !== 'state' || asked.when === 'every-step') return [];
  const always = { ...machine, properties: [{ ...asked, when: 'every-step' }] };
  const actions = run.steps.slice(0, step).map(({ action }) => action);
  const { steps } = executeActions(always, run.initial, actions, 'this run');
  const wanted = JSON.stringify(finding);
  const isSo = (judged: readonly Judged[]) =>
    judged.some((one) => JSON.stringify(one.finding) === wanted);
  const last = steps.findLast(({ judged }) => !isSo(judged))?.number ?? 0;
  return last + 1 < step ? [{ step: last + 1, text: 'what is broken is so from here on' }] : [];
}

function causesIn(
  catalogue: Catalogue,
  selection: Selection,
  run: ExecutedRun,
  breach: Breach,
): readonly NamedCause[] {
  const { causesOf } = catalogue;
  if (causesOf === undefined) return [];
  const steps = run.steps.slice(0, breach.step);
  const causes = causesOf(selection, breach, {
    states: [run.initialState, ...steps.map(({ after }) => after)],
    steps: steps.map(({ action }) => action),
  });
  const made = breach.loop === undefined ? madeSo(catalogue, selection, run, breach) : [];
  const also = made.filter(({ step }) => causes.every((other) => other.step !== step));
  return [...causes, ...also]
    .sort((a, b) => a.step - b.step)
    .flatMap(({ step, text }) => {
      const action = run.steps[step - 1]?.action;
      if (action === undefined) return [];
      return [{ step, actor: action.actor, transition: action.transition, text }];
    });
}

export function storyOf(
  catalogue: Catalogue,
  selection: Selection,
  run: ExecutedRun,
  breach: Breach,
): Story {
  const { finding, step, loop } = breach;
  const objects = catalogue.objectsOf?.(selection, finding, stateAt(run, step)) ?? [];
  const concerned = concernedSteps(catalogue, selection, run, objects);
  const causes = causesIn(catalogue, selection, run, breach);
  return { objects, causes, concerned, ...(loop === undefined ? { step } : {}) };
}
