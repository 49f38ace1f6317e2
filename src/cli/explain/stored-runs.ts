/** The stored counterexamples of a mutant: what was found, how, and in how many steps. */
import { basename } from 'node:path';
import { existsSync } from 'node:fs';
import type { MutantEntry } from '../../checker/catalogue.ts';
import { readDraft } from '../../counterexample/load.ts';
import type { Counterexample } from '../../counterexample/schema.ts';
import { loopText } from '../../report/steps-text.ts';
import { minimalityText } from '../../report/text.ts';
import { filesIn } from '../corpus.ts';
import type { Environment } from '../environment.ts';

export interface StoredRun {
  readonly file: string;
  readonly property: string;
  readonly scenario: string;
  readonly steps: number;
  /** Where the steps begin that repeat for ever. */
  readonly loop?: number;
  readonly minimality: Counterexample['minimality'];
  readonly engine: Counterexample['found']['engine'];
}

/** Files are named by what they hold, so that few are opened. Errors: faults of the files. */
function violationsIn(
  { corpus }: Environment,
  isNamed: (name: string) => boolean,
  isWanted: (found: Counterexample) => boolean,
): StoredRun[] {
  const folder = corpus();
  if (!existsSync(folder)) return [];
  return filesIn([folder])
    .filter((file) => isNamed(basename(file)))
    .flatMap((file) => {
      const draft = readDraft(file);
      const { expect, scenario, actions, loop, minimality, found } = draft;
      if (!isWanted(draft) || expect.verdict !== 'violated') return [];
      const { property } = expect;
      const steps = actions.length;
      const { engine } = found;
      const run = { file, property, scenario, steps, minimality, engine };
      return [loop === undefined ? run : { ...run, loop }];
    });
}

/** Errors: faults of the files. */
export const storedRunsOf = (environment: Environment, mutant: MutantEntry): StoredRun[] =>
  violationsIn(
    environment,
    (name) => name.includes(`--${mutant.id}`),
    ({ rules }) => rules.mutant === mutant.id,
  );

/** What is known to break although nothing is planted. Errors: faults of the files. */
export function unplantedRuns(environment: Environment): StoredRun[] {
  const { scenarios } = environment.catalogue;
  const presetOf = (id: string) => scenarios.find((one) => one.id === id)?.preset ?? 'upstream';
  return violationsIn(
    environment,
    (name) => name.split('--').length === 2,
    ({ scenario, rules: { preset, mutant, changes } }) =>
      mutant === undefined && Object.keys(changes).length === 0 && preset === presetOf(scenario),
  );
}

const engines: Readonly<Record<StoredRun['engine'], string>> = {
  exhaustive: 'exhaustive search',
  random: 'random walks',
  trace: 'a recorded trace',
  'by-hand': 'hand',
};

/** `valid-page-is-unique in 4 steps (shortest), by exhaustive search`. */
export function foundText({ property, steps, loop, minimality, engine }: StoredRun): string {
  const length = loop === undefined ? `in ${steps} steps` : loopText(steps, loop);
  return `${property} ${length} ${minimalityText(minimality)}, by ${engines[engine]}`;
}
