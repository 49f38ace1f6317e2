/** A stored run, executed, with what `replay` and `show` have to say of it. */
import type { ArgumentsCamelCase, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { filteredChanges, stateLines, type ChangeFilter } from '../../counterexample/diff.ts';
import type { ExecutedRun } from '../../counterexample/execute.ts';
import { readCounterexample } from '../../counterexample/load.ts';
import { rulesText } from '../../counterexample/record.ts';
import { replay, type Replay } from '../../counterexample/replay.ts';
import type { Counterexample } from '../../counterexample/schema.ts';
import { storyOf, type Breach, type Story } from '../../counterexample/story.ts';
import type { ReportedStep } from '../../report/search-report.ts';
import { fullStepLines, stepLines } from '../../report/steps-text.ts';
import type { Style } from '../../report/style.ts';
import { storyLines } from '../../report/story-text.ts';
import type { Environment } from '../environment.ts';
import { reportedSteps } from '../search.ts';
import { assignment, wholeNumber } from '../values.ts';

export const viewOptions = {
  diff: { type: 'boolean', describe: 'What each step changes [default]', conflicts: 'full' },
  full: { type: 'boolean', describe: 'The whole state after each step' },
  watch: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Only what concerns records with these values: gfn=2,level=1',
  },
  hide: { type: 'string', array: true, nargs: 1, describe: 'Leave out this field' },
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
  /** All of them, whichever are shown. */
  readonly steps: readonly ReportedStep[];
  /** The one step to show; all when absent. */
  readonly step?: number;
}

function filterFor(argv: ViewFlags): ChangeFilter {
  const watched = (argv.watch ?? []).flatMap((text) => text.split(','));
  return {
    hide: argv.hide ?? [],
    watch: Object.fromEntries(watched.map((text) => assignment('watch', text))),
  };
}

const isFiltered = ({ hide, watch }: ChangeFilter): boolean =>
  hide.length > 0 || Object.keys(watch).length > 0;

/** In the words of the model, unless the user chose what to see. */
function shownSteps(
  steps: readonly ReportedStep[],
  run: ExecutedRun,
  argv: ViewFlags,
): readonly ReportedStep[] {
  const filter = filterFor(argv);
  if (argv.full === true) {
    return steps.map((step, i) => ({
      ...step,
      changes: stateLines(run.steps[i]?.after ?? {}, filter.hide),
    }));
  }
  if (!isFiltered(filter)) return steps;
  return steps.map((step, i) => {
    const { before, after } = run.steps[i] ?? { before: {}, after: {} };
    return { ...step, changes: filteredChanges(before, after, filter) };
  });
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
  const steps = shownSteps(reportedSteps(environment, selection, run, story), run, argv);
  return {
    file,
    found,
    replayed,
    steps,
    ...(breach === undefined ? {} : { breach }),
    ...(story === undefined ? {} : { story }),
    ...(step === undefined ? {} : { step }),
  };
}

export const headLines = (verb: string, { file, found }: Viewed): string[] => [
  [
    `${verb}  ${file}`,
    `machine ${found.machine}`,
    `scenario ${found.scenario}`,
    `rules ${rulesText({ ...found.rules, rules: found.rules.changes })}`,
  ].join('   '),
];

/** The steps that are shown. */
export function viewedStepLines(viewed: Viewed, argv: ViewFlags, style: Style): string[] {
  const { step, steps, replayed, breach } = viewed;
  const shown = step === undefined ? steps : steps.filter(({ number }) => number === step);
  const loop = step === undefined ? breach?.loop : undefined;
  if (step === 0 && argv.full === true) {
    return stateLines(replayed.run.initialState, argv.hide ?? []).map((line) => `      ${line}`);
  }
  return argv.full === true ? fullStepLines(shown, style) : stepLines(shown, style, loop);
}

/** What is violated, and why it matters; nothing for a run that holds. */
export function viewedStoryLines(environment: Environment, viewed: Viewed): string[] {
  const { breach, story, steps, step } = viewed;
  if (breach === undefined || story === undefined) return [];
  if (step !== undefined && step !== story.step) return [];
  const property = environment.catalogue.properties.find(({ id }) => id === breach.property);
  return storyLines(steps, breach.finding, story, property);
}

export const viewData = ({ file, found, replayed, story, steps, step }: Viewed) => ({
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
  steps: step === undefined ? steps : steps.filter(({ number }) => number === step),
});
