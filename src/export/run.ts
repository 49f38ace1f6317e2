/** What every export is made from: a counterexample, and its run as executed now. */
import type { AnyMachine, Catalogue, PropertyEntry, Snapshot } from '../checker/catalogue.ts';
import type { Action } from '../engine/outcome.ts';
import type { Replay } from '../counterexample/replay.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import type { Breach, NamedCause, Story } from '../counterexample/story.ts';
import type { Scene, SceneObject } from '../picture/scene.ts';
import type { ReportedStep, StepMark } from '../report/search-report.ts';
import { loopText } from '../report/steps-text.ts';
import type { Activity } from './activity.ts';

export interface RunStep {
  /** From 1. */
  readonly number: number;
  readonly action: Action;
  /** `mmu_set_spte()`, with arguments other than the actor. */
  readonly text: string;
  /** What it changed, in words, one line each. */
  readonly changes: readonly string[];
  /** Where the step is one that a reader looks for. */
  readonly mark?: StepMark;
}

/** A stored counterexample, executed. */
export interface Executed {
  /** Name of the file. */
  readonly file: string;
  readonly found: Counterexample;
  readonly replayed: Replay;
  /** The first violation along the run. */
  readonly breach?: Breach;
  readonly story?: Story;
  /** All steps, in words. */
  readonly steps: readonly ReportedStep[];
}

export interface Run {
  /** Name of the counterexample file. */
  readonly file: string;
  readonly found: Counterexample;
  readonly layout: AnyMachine['layout'];
  /** Of the violation, or of the one that the file is recorded for. */
  readonly property?: PropertyEntry;
  /** The first along the run. */
  readonly violation?: Breach;
  /** What the violation is about and no box or fact of its picture shows: walks. */
  readonly objects: readonly string[];
  /** The steps that led to the violation, in their order. */
  readonly causes: readonly NamedCause[];
  readonly steps: readonly RunStep[];
  /** The initial state, then the one after each step. */
  readonly states: readonly Snapshot[];
  /** As `states`; absent where the machine has no picture. */
  readonly scenes?: readonly Scene[];
  /** As `states`; absent where nothing is known of what a state is in the middle of. */
  readonly activities?: readonly Activity[];
}

/** In order of their first step. */
export const actorsOf = ({ steps }: Run): string[] => [
  ...new Set(steps.map(({ action }) => action.actor)),
];

/** `at step 3 of 3`; `in a loop of 2 steps after step 5`. */
export const placeText = ({ loop, step }: Breach, { steps }: Run): string =>
  loop === undefined ? `at step ${step} of ${steps.length}` : loopText(step, loop);

/** The first step that repeats for ever, if any: a run may also end at rest, and stay there. */
export const firstRepeated = ({ violation, steps }: Run): RunStep | undefined =>
  violation?.loop === undefined ? undefined : steps[violation.loop];

/** `violates x at step 3 of 3`, `holds over 4 steps`. */
export const verdictText = (run: Run): string =>
  run.violation === undefined
    ? `holds over ${run.steps.length} steps`
    : `violates ${run.violation.property} ${placeText(run.violation, run)}`;

const undrawn = (objects: readonly SceneObject[], facts: readonly string[]): string[] =>
  objects.filter(({ id, text }) => id === '' && !facts.includes(text)).map(({ text }) => text);

export function runFrom(
  { properties, sceneOf, activityOf }: Catalogue,
  { file, found, replayed, breach, story, steps: reported }: Executed,
): Run {
  const { selection, machine, run } = replayed;
  const recorded = found.expect.verdict === 'violated' ? found.expect.property : undefined;
  const property = properties.find(({ id }) => id === (breach?.property ?? recorded));
  const states = [run.initialState, ...run.steps.map(({ after }) => after)];
  const scenes = sceneOf && states.map((state) => sceneOf(selection, state));
  return {
    file,
    found,
    layout: machine.layout,
    states,
    causes: story?.causes ?? [],
    objects: undrawn(story?.objects ?? [], scenes?.[breach?.step ?? 0]?.facts ?? []),
    steps: reported.flatMap(({ number, action: text, changes, mark }, i) => {
      const action = run.steps[i]?.action;
      if (action === undefined) return [];
      return [{ number, action, text, changes, ...(mark === undefined ? {} : { mark }) }];
    }),
    ...(property === undefined ? {} : { property }),
    ...(breach === undefined ? {} : { violation: breach }),
    ...(scenes === undefined ? {} : { scenes }),
    ...(activityOf === undefined ? {} : { activities: states.map(activityOf) }),
  };
}
