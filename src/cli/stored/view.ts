/** A stored run, executed, with what `replay` and `show` have to say of it. */
import type { ArgumentsCamelCase, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { stateLines } from '../../counterexample/diff.ts';
import type { ExecutedRun } from '../../counterexample/execute.ts';
import { readCounterexample } from '../../counterexample/load.ts';
import { rulesText } from '../../counterexample/record.ts';
import { replay, type Replay } from '../../counterexample/replay.ts';
import type { Counterexample } from '../../counterexample/schema.ts';
import { storyOf, type Breach, type Story } from '../../counterexample/story.ts';
import { changedIn } from '../../picture/scene.ts';
import { sceneText } from '../../picture/text.ts';
import type { ReportedStep } from '../../report/search-report.ts';
import { fullStepLines, labelled, stepLines } from '../../report/steps-text.ts';
import type { Style } from '../../report/style.ts';
import { storyLines } from '../../report/story-text.ts';
import type { Environment } from '../environment.ts';
import { reportedSteps } from '../found.ts';
import { wholeNumber } from '../values.ts';
import {
  filteredScene,
  filteredStep,
  isEverything,
  isHiddenField,
  stepFilter,
  type StepFilter,
} from './filter.ts';

export const viewOptions = {
  diff: { type: 'boolean', describe: 'What each step changes [default]', conflicts: 'full' },
  full: { type: 'boolean', describe: 'The state after each step, * at what it changed' },
  watch: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Only what concerns this, as printed: sp1, vcpu1, mmu_set_spte, gfn=0x2,level=1',
  },
  hide: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Nothing that concerns this, as printed: vcpu1, gfn_write_track',
  },
  step: { type: 'string', describe: 'This step alone; 0 is the initial state' },
  'accept-model-change': {
    type: 'boolean',
    default: false,
    describe: 'Go on with a file that was written for another model',
  },
} as const;

export type ViewFlags = ArgumentsCamelCase<InferredOptionTypes<typeof viewOptions>>;

export interface Viewed {
  readonly file: string;
  readonly found: Counterexample;
  readonly replayed: Replay;
  /** Absent when nothing is violated. */
  readonly breach?: Breach;
  readonly story?: Story;
  /** All of them, in the words of the model. */
  readonly steps: readonly ReportedStep[];
  readonly filter: StepFilter;
  /** The one step to show; all that the filter leaves when absent. */
  readonly step?: number;
}

function breachOf({ violation, run }: Replay): Breach | undefined {
  if (violation === undefined) return undefined;
  const { property, step, endless } = violation;
  if (endless !== undefined) return { property, step, ...endless };
  const [first] = step === 0 ? run.initialJudged : (run.steps[step - 1]?.judged ?? []);
  return first === undefined ? undefined : { ...first, step };
}

/** Errors: fault 102 when the run has no such step. */
function stepIn(run: ExecutedRun, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const last = run.steps.length;
  const step = wholeNumber('step', text, 0, Number.MAX_SAFE_INTEGER);
  if (step <= last) return step;
  throw new Fault('KMC-102', `--step ${step}: the run has ${last} steps`, [
    `for example: --step ${last}`,
  ]);
}

/** Errors: faults of the file and of its replay. */
export function view(environment: Environment, file: string, argv: ViewFlags): Viewed {
  const { catalogue, model } = environment;
  const found = readCounterexample(file);
  const { acceptModelChange } = argv;
  const replayed = replay(file, found, catalogue, { model, acceptModelChange });
  const { selection, run } = replayed;
  const step = stepIn(run, argv.step);
  const breach = breachOf(replayed);
  const story = breach === undefined ? undefined : storyOf(catalogue, selection, run, breach);
  const steps = reportedSteps(environment, selection, run, story);
  return {
    file,
    found,
    replayed,
    steps,
    filter: stepFilter(argv.watch, argv.hide),
    ...(breach === undefined ? {} : { breach }),
    ...(story === undefined ? {} : { story }),
    ...(step === undefined ? {} : { step }),
  };
}

/** Steps that `--step`, `--watch` and `--hide` leave, with the changes that they leave. */
function shownSteps({ catalogue }: Environment, viewed: Viewed): readonly ReportedStep[] {
  const { steps, step, filter, replayed } = viewed;
  const { sceneOf } = catalogue;
  const { selection, run } = replayed;
  const wanted = step === undefined ? steps : steps.filter(({ number }) => number === step);
  if (isEverything(filter)) return wanted;
  return wanted.flatMap((one) => {
    const executed = run.steps[one.number - 1];
    const states = executed === undefined ? [] : [executed.before, executed.after];
    const scenes = sceneOf === undefined ? [] : states.map((state) => sceneOf(selection, state));
    const shown = filteredStep(filter, one, scenes);
    if (shown !== undefined) return [shown];
    return step === undefined ? [] : [{ ...one, changes: [] }];
  });
}

export const headLines = (verb: string, { file, found }: Viewed): string[] => [
  [
    `${verb}  ${file}`,
    `machine ${found.machine}`,
    `scenario ${found.scenario}`,
    `rules ${rulesText({ ...found.rules, rules: found.rules.changes })}`,
  ].join('   '),
];

/** The state after a step, in words where the machine has a picture, else field by field. */
function stateText({ catalogue }: Environment, viewed: Viewed, number: number): string[] {
  const { filter, replayed } = viewed;
  const { run, selection } = replayed;
  const { sceneOf } = catalogue;
  const step = run.steps[number - 1];
  const state = step?.after ?? run.initialState;
  if (sceneOf === undefined) return stateLines(state, isHiddenField(filter));
  const scene = sceneOf(selection, state);
  const changed =
    step === undefined ? new Set<string>() : changedIn(sceneOf(selection, step.before), scene);
  return sceneText(filteredScene(filter, scene), changed);
}

/** The steps that are shown. */
export function viewedStepLines(
  environment: Environment,
  viewed: Viewed,
  argv: ViewFlags,
  style: Style,
): string[] {
  const { step, steps, breach, filter } = viewed;
  const shown = shownSteps(environment, viewed);
  if (argv.full === true) {
    if (step === 0) return stateText(environment, viewed, 0).map((line) => `      ${line}`);
    const states = shown.map(
      ({ number }) => [number, stateText(environment, viewed, number)] as const,
    );
    return fullStepLines(shown, new Map(states), style);
  }
  const loop = step === undefined ? breach?.loop : undefined;
  const lines = stepLines(
    shown,
    style,
    loop === undefined ? undefined : { after: loop, of: steps.length },
  );
  if (step !== undefined || isEverything(filter)) return lines;
  const none = filter.watch.length > 0 && shown.every(({ changes }) => changes.length === 0);
  const missed = none ? ': nothing else is called so' : '';
  const text = `${shown.length} of ${steps.length} steps${missed}`;
  return [...labelled('shown', text), ...lines];
}

/** What is violated, and why it matters; nothing for a run that holds. */
export function viewedStoryLines(environment: Environment, viewed: Viewed): string[] {
  const { breach, story, step } = viewed;
  if (breach === undefined || story === undefined) return [];
  if (step !== undefined && step !== story.step) return [];
  const property = environment.catalogue.properties.find(({ id }) => id === breach.property);
  return storyLines(shownSteps(environment, viewed), breach.finding, story, property);
}

/** For programs. With `--full`, the state after each step as it is, every field of it. */
export function viewData(environment: Environment, viewed: Viewed, argv: ViewFlags) {
  const { file, found, replayed, story } = viewed;
  const { run } = replayed;
  const stateAfter = ({ number }: ReportedStep) =>
    argv.full === true ? { state: run.steps[number - 1]?.after } : {};
  return {
    schema: 'kvm-mmu-check/replay@1',
    file,
    title: found.title,
    scenario: found.scenario,
    rules: found.rules,
    expect: found.expect,
    loop: found.loop ?? null,
    violation: replayed.violation ?? null,
    objects: story?.objects.map(({ text }) => text) ?? [],
    causes: story?.causes ?? [],
    asExpected: replayed.asExpected,
    drift: replayed.drift ?? null,
    ...(argv.full === true ? { initial: run.initialState } : {}),
    steps: shownSteps(environment, viewed).map((step) => ({ ...step, ...stateAfter(step) })),
  };
}
