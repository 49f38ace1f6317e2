/** Stored counterexamples of the model, executed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../../src/checker/instance.ts';
import type { PropertyEntry } from '../../src/checker/catalogue.ts';
import { readCounterexample, readDraft } from '../../src/counterexample/load.ts';
import { currentModel, packageRoot } from '../../src/counterexample/model-version.ts';
import { replay } from '../../src/counterexample/replay.ts';
import { describeChanges } from '../../model/index.ts';
import { storyOf, type Story } from '../../src/counterexample/story.ts';

const folder = join(packageRoot, 'counterexamples');
const model = currentModel();

const names = readdirSync(folder)
  .filter((name) => /^bad_.*\.json$/.test(name))
  .sort();

const isLoop = (name: string): boolean => readDraft(join(folder, name)).loop !== undefined;

/** Names of all that violate at a step, not in a loop, in order. */
export const storedViolations = (): string[] => names.filter((name) => !isLoop(name));

/** Names of all that violate in a loop, in order. */
export const storedLoops = (): string[] => names.filter(isLoop);

export interface StoredStory {
  readonly property: PropertyEntry['id'];
  readonly story: Story;
  /** Transition of step `n`. */
  readonly transition: (n: number) => string;
  /** What step `n` changed, in words. */
  readonly changes: (n: number) => readonly string[];
}

/** Errors: throws when `part` is in no name, or the run violates nothing. */
export function storedStory(part: string): StoredStory {
  const name = names.find((candidate) => candidate.includes(part));
  if (name === undefined) throw new Error(`no counterexample named ${part}`);
  const found = readCounterexample(join(folder, name));
  const replayed = replay(name, found, catalogue, { model, acceptModelChange: true });
  const { selection, run, violation } = replayed;
  if (violation === undefined) throw new Error(`${name} holds`);
  const { property, step, endless } = violation;
  const breach = endless ?? run.steps[step - 1]?.judged[0];
  if (breach === undefined) throw new Error(`${name} holds at step ${step}`);
  return {
    property,
    story: storyOf(catalogue, selection, run, { property, step, ...breach }),
    transition: (n) => run.steps[n - 1]?.action.transition ?? '',
    changes: (n) => {
      const { before, after } = run.steps[n - 1] ?? { before: {}, after: {} };
      return describeChanges(before, after);
    },
  };
}
