/** `explain` of a mutant. */
import type { MutantEntry, RecordedCounts } from '../../checker/catalogue.ts';
import { labelled, labelledCommand, labelledList } from '../../report/steps-text.ts';
import { count } from '../../report/style.ts';
import type { Environment } from '../environment.ts';
import { explainerOf, list, type Explanation } from './explanation.ts';
import { foundText, storedRunsOf } from './stored-runs.ts';

/** That the scenario is silent without the mutant is half of the evidence. */
function boundText({ property, preset }: MutantEntry, counts: RecordedCounts | undefined): string {
  if (preset !== undefined) return `not searched: its scenario is recorded without ${preset}`;
  if (counts === undefined) return 'not searched';
  const { states, depth } = counts;
  return `${property} holds in all ${count(states)} states, to the full depth ${depth}`;
}

function explain(environment: Environment, mutant: MutantEntry): Explanation {
  const { catalogue } = environment;
  const runs = storedRunsOf(environment, mutant);
  const counts = catalogue.scenarios.find(({ id }) => id === mutant.scenario)?.counts;
  return {
    data: { kind: 'mutant', ...mutant, counts: counts ?? null, stored: runs },
    lines: [
      `mutant ${mutant.id}`,
      ...labelled('says', mutant.says),
      ...labelled('rule', `${mutant.rule}=${mutant.value}`),
      ...list('preset', mutant.preset === undefined ? [] : [mutant.preset]),
      ...list('source', mutant.source),
      ...labelled('category', mutant.category),
      ...labelled('breaks', `${mutant.property} in ${mutant.scenario}`),
      ...labelledList('found', runs.map(foundText)),
      ...labelled('without', boundText(mutant, counts)),
      labelledCommand('find it', `kvm-mmu-check check --mutant ${mutant.id}`),
      ...runs.map(({ file }) => labelledCommand('read it', `kvm-mmu-check show ${file}`)),
    ],
  };
}

export const mutantExplainer = explainerOf(
  'mutant',
  ({ mutants }) => mutants,
  ({ id }) => id,
  explain,
);
