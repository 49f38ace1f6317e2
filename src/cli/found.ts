/** Making a report of what an engine found. */
import type { AnyMachine, Selection } from '../checker/catalogue.ts';
import { changeText, changesBetween } from '../counterexample/diff.ts';
import { actionText, executeTrace, type ExecutedRun } from '../counterexample/execute.ts';
import { counterexampleOf } from '../counterexample/record.ts';
import { saveIn } from '../counterexample/save.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import { lineOfActions, serialise } from '../counterexample/serialise.ts';
import { storyOf, type Story } from '../counterexample/story.ts';
import type { Violation } from '../engine/outcome.ts';
import type { FoundViolation, ReportedStep } from '../report/search-report.ts';
import type { Environment } from './environment.ts';
import type { SearchContext, SearchTarget } from './search.ts';

/** A violation as it was found, with all that a file needs. */
export interface SearchedViolation extends FoundViolation {
  readonly counterexample: Counterexample;
}

/** Where a step is what a reader looks for, and why. */
const markOf = (number: number, story: Story | undefined): Pick<ReportedStep, 'mark'> => {
  if (story === undefined) return {};
  if (number === story.step) return { mark: 'broken' };
  if (story.causes.some(({ step }) => step === number)) return { mark: 'cause' };
  return story.concerned.includes(number) ? { mark: 'concerned' } : {};
};

/** What changed at each step, in the words of the model where it brings them. */
export function reportedSteps(
  environment: Environment,
  selection: Selection,
  run: ExecutedRun,
  story?: Story,
): ReportedStep[] {
  const describe =
    environment.catalogue.describeChanges ??
    ((_, before, after) => changesBetween(before, after).map(changeText));
  return run.steps.map(({ number, action, before, after }) => ({
    number,
    actor: action.actor,
    action: actionText(action),
    changes: describe(selection, before, after),
    ...markOf(number, story),
  }));
}

export function foundViolations(
  context: SearchContext,
  target: SearchTarget,
  machine: AnyMachine,
  violations: readonly Violation[],
  found: Counterexample['found'],
): SearchedViolation[] {
  const { environment, saveFolder, taken } = context;
  const { catalogue, model } = environment;
  const { selection } = target;
  return violations.map((violation) => {
    const run = executeTrace(machine, violation.trace);
    const counterexample = counterexampleOf(
      violation,
      { selection, machine, catalogue, model, found },
      run,
    );
    const story = storyOf(catalogue, selection, run, { ...violation, step: run.steps.length });
    return {
      violation,
      story,
      property: catalogue.properties.find(({ id }) => id === violation.property),
      steps: reportedSteps(environment, selection, run, story),
      ...(saveFolder === undefined ? {} : { saved: savedIn(saveFolder, counterexample, taken) }),
      known: context.isKnown?.(target, violation.property) ?? false,
      counterexample,
    };
  });
}

const savedIn = (folder: string, found: Counterexample, taken: Set<string>) => ({
  file: saveIn(folder, found, taken),
  line: lineOfActions(serialise(found)),
});
