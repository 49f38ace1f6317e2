/** The table of `docs/rules.md`: what becomes of KVM when a rule says something else. */
import {
  mutants,
  presets,
  ruleDefinitions,
  ruleNames,
  type Mutant,
  type RuleName,
} from '../../model/index.ts';
import { mutantEvidenceFile } from '../checker/instance.ts';
import { readMutantEvidence, type MutantBook } from '../checker/mutant-evidence.ts';
import { code, figure, table } from './markdown.ts';
import { sweptValues } from './swept-values.ts';

/** What a rule may say instead of what upstream says. */
export const alternatives = (): readonly string[] =>
  ruleNames.flatMap((rule) => otherValues(rule).map((value) => `${rule}=${value}`));

const otherValues = (rule: RuleName): readonly string[] =>
  ruleDefinitions[rule].values.map(String).filter((value) => value !== presets.upstream[rule]);

/** The planted bugs that are a value. */
export const plantedBy = (alternative: string): readonly Mutant[] =>
  mutants.filter(({ rule, value }) => `${rule}=${value}` === alternative);

/** The one that is found in the fewest steps. */
const runOf = (planted: readonly Mutant[], book: MutantBook): string => {
  const [first] = planted
    .flatMap((mutant) => {
      const found = book[mutant.id];
      return found === undefined ? [] : [{ mutant, found }];
    })
    .sort((one, other) => one.found.steps - other.found.steps);
  if (first === undefined) return `breaks ${code(planted[0]?.property ?? '')}`;
  const { mutant, found } = first;
  const under = mutant.preset === undefined ? '' : `, under ${code(mutant.preset)}`;
  return (
    `${code(found.property)} in ${found.steps} steps of ${code(mutant.scenario)}${under}, ` +
    `${figure(found.states)} states (${code(mutant.id)})`
  );
};

const rowOf = (alternative: string, book: MutantBook): readonly string[] => {
  const planted = plantedBy(alternative);
  if (planted.length > 0) return [code(alternative), 'NEEDED', runOf(planted, book)];
  const swept = sweptValues.find(({ value }) => value === alternative);
  return [code(alternative), swept?.verdict ?? 'OPEN', swept?.says ?? 'not tried yet'];
};

export const necessityTable = (): string => {
  const book = readMutantEvidence(mutantEvidenceFile);
  return table(
    ['if KVM did this instead', 'verdict', 'because'],
    alternatives().map((alternative) => rowOf(alternative, book)),
  );
};
