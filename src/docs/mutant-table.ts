/** The tables of `docs/mutants.md`: the mutants themselves, and how each is found. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from '../../model/index.ts';
import { mutantEvidenceFile } from '../checker/instance.ts';
import {
  readMutantEvidence,
  type MutantBook,
  type MutantEvidence,
} from '../checker/mutant-evidence.ts';
import { readDraft } from '../counterexample/load.ts';
import { packageRoot } from '../counterexample/model-version.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import { code, figure, table } from './markdown.ts';

const storedCounterexamples = (): readonly Counterexample[] => {
  const folder = join(packageRoot, 'counterexamples');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^bad_.*\.json$/.test(name))
    .sort()
    .map((name) => readDraft(join(folder, name)));
};

/** The stored run that shows a mutant. */
const storedRunOf = (
  mutant: Mutant,
  stored: readonly Counterexample[],
): Counterexample | undefined =>
  stored.find(
    ({ rules, expect }) =>
      rules.mutant === mutant.id &&
      expect.verdict === 'violated' &&
      expect.property === mutant.property,
  );

/** Its steps, and what is certified of it. */
const stepsText = (own: Counterexample | undefined): string => {
  if (own === undefined) return '–';
  return own.minimality === 'none'
    ? String(own.actions.length)
    : `${own.actions.length}, ${own.minimality}`;
};

/** How the mutant was found, when that is on record for the property that it names. */
const recordOf = ({ id, property }: Mutant, book: MutantBook): MutantEvidence | undefined =>
  book[id]?.property === property ? book[id] : undefined;

export const mutantTable = (chosen: readonly Mutant[]): string => {
  const stored = storedCounterexamples();
  const book = readMutantEvidence(mutantEvidenceFile);
  return table(
    ['mutant', 'category', 'rule', 'what goes wrong', 'scenario', 'property', 'engine'].concat([
      'steps',
      'states',
      'seconds',
      'source',
    ]),
    chosen.map((m) => {
      const record = recordOf(m, book);
      return [
        code(m.id),
        m.category,
        code(`${m.rule}=${m.value}`),
        m.says,
        code(m.scenario),
        code(m.property),
        record?.engine ?? '–',
        stepsText(storedRunOf(m, stored)),
        record === undefined ? '–' : figure(record.states),
        record === undefined ? '–' : String(record.seconds),
        m.source.join(', '),
      ];
    }),
  );
};
