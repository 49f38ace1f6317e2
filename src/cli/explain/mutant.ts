/** `explain` of a mutant. */
import type { Catalogue, MutantEntry } from '../../checker/catalogue.ts';
import { labelled, labelledCommand } from '../../report/steps-text.ts';
import { explainerOf, list, type Explanation } from './explanation.ts';

const explain = (_: Catalogue, mutant: MutantEntry): Explanation => ({
  data: { kind: 'mutant', ...mutant },
  lines: [
    `mutant ${mutant.id}`,
    ...labelled('says', mutant.says),
    ...labelled('rule', `${mutant.rule}=${mutant.value}`),
    ...list('source', mutant.source),
    ...labelled('category', mutant.category),
    ...labelled('breaks', `${mutant.property} in ${mutant.scenario}`),
    labelledCommand('find it', `kvm-mmu-check check --mutant ${mutant.id}`),
  ],
});

export const mutantExplainer = explainerOf(
  'mutant',
  ({ mutants }) => mutants,
  ({ id }) => id,
  explain,
);
