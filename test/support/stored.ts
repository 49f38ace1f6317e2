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

/** Names of all that violate at a step, not in a loop, in order. */
export const storedViolations = (): string[] =>
  readdirSync(folder)
    .filter((name) => /^bad_.*\.json$/.test(name))
    .filter((name) => readDraft(join(folder, name)).loop === undefined)
    .sort();

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
  const name = storedViolations().find((candidate) => candidate.includes(part));
  if (name === undefined) throw new Error(`no counterexample named ${part}`);
  const found = readCounterexample(join(folder, name));
  const replayed = replay(name, found, catalogue, { model, acceptModelChange: true });
  const { selection, run, violation } = replayed;
  const judged = run.steps[(violation?.step ?? 0) - 1]?.judged[0];
  if (judged === undefined || violation === undefined) throw new Error(`${name} holds`);
  return {
    property: judged.property,
    story: storyOf(catalogue, selection, run, { ...judged, step: violation.step }),
    transition: (n) => run.steps[n - 1]?.action.transition ?? '',
    changes: (n) => {
      const { before, after } = run.steps[n - 1] ?? { before: {}, after: {} };
      return describeChanges(before, after);
    },
  };
}
