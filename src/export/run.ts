/** What every export is made from: a counterexample, and its run as executed now. */
import type { AnyMachine, Catalogue, PropertyEntry, Snapshot } from '../checker/catalogue.ts';
import type { Finding } from '../engine/machine/index.ts';
import type { Action } from '../engine/outcome.ts';
import type { Replay } from '../counterexample/replay.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import type { Scene } from '../picture/scene.ts';
import type { ReportedStep } from '../report/search-report.ts';
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
}

/** The first violation along the run. */
export interface RunViolation {
  /** 0 is the initial state. */
  readonly step: number;
  readonly property: string;
  readonly finding: Finding;
  /** When it is that the run never ends: the last state is the one after so many steps. */
  readonly loop?: number;
}

export interface Run {
  /** Name of the counterexample file. */
  readonly file: string;
  readonly found: Counterexample;
  readonly layout: AnyMachine['layout'];
  /** Of the violation, or of the one that the file is recorded for. */
  readonly property?: PropertyEntry;
  readonly violation?: RunViolation;
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
export const placeText = ({ loop, step }: RunViolation, { steps }: Run): string =>
  loop === undefined ? `at step ${step} of ${steps.length}` : loopText(step, loop);

/** The first step that repeats for ever, if any: a run may also end at rest, and stay there. */
export const firstRepeated = ({ violation, steps }: Run): RunStep | undefined =>
  violation?.loop === undefined ? undefined : steps[violation.loop];

/** `violates x at step 3 of 3`, `holds over 4 steps`. */
export const verdictText = (run: Run): string =>
  run.violation === undefined
    ? `holds over ${run.steps.length} steps`
    : `violates ${run.violation.property} ${placeText(run.violation, run)}`;

function violationOf({ violation, run }: Replay): RunViolation | undefined {
  if (violation === undefined) return undefined;
  const { step, property, endless } = violation;
  if (endless !== undefined) return { step, property, ...endless };
  const judged = step === 0 ? run.initialJudged : run.steps[step - 1]?.judged;
  const found = judged?.find((one) => one.property === property);
  return found === undefined ? undefined : { step, property, finding: found.finding };
}

/** `reported`: the steps of the run in words. */
export function runFrom(
  { properties, sceneOf, activityOf }: Catalogue,
  file: string,
  found: Counterexample,
  replayed: Replay,
  reported: readonly ReportedStep[],
): Run {
  const { selection, machine, run } = replayed;
  const violation = violationOf(replayed);
  const recorded = found.expect.verdict === 'violated' ? found.expect.property : undefined;
  const property = properties.find(({ id }) => id === (violation?.property ?? recorded));
  const states = [run.initialState, ...run.steps.map(({ after }) => after)];
  return {
    file,
    found,
    layout: machine.layout,
    states,
    steps: run.steps.map(({ number, action }, i) => ({
      number,
      action,
      text: reported[i]?.action ?? '',
      changes: reported[i]?.changes ?? [],
    })),
    ...(property === undefined ? {} : { property }),
    ...(violation === undefined ? {} : { violation }),
    ...(sceneOf === undefined ? {} : { scenes: states.map((s) => sceneOf(selection, s)) }),
    ...(activityOf === undefined ? {} : { activities: states.map(activityOf) }),
  };
}
