/** `explain` of a scenario. */
import type { Catalogue, ScenarioEntry } from '../../checker/catalogue.ts';
import { labelled, labelledCommand } from '../../report/steps-text.ts';
import { count } from '../../report/style.ts';
import type { Environment } from '../environment.ts';
import { explainerOf, list, propertyIds, type Explanation } from './explanation.ts';

/** What the recorded search of it never did: a gap that a reader should know of. */
function evidenceLines(catalogue: Catalogue, { id }: ScenarioEntry): string[] {
  const evidence = catalogue.evidence?.()[id];
  if (evidence === undefined) return [];
  const none = (counts: Readonly<Record<string, number>>) =>
    Object.keys(counts).filter((name) => counts[name] === 0);
  return [
    ...list('untaken', none(evidence.taken)),
    ...list('no case', none(evidence.cases)),
    ...list('unseen', evidence.unreached),
  ];
}

function explain({ catalogue }: Environment, scenario: ScenarioEntry): Explanation {
  const mutants = catalogue.mutants.filter((mutant) => mutant.scenario === scenario.id);
  const properties = propertyIds(catalogue, scenario);
  const { counts } = scenario;
  return {
    data: { kind: 'scenario', ...scenario, properties, mutants: mutants.map(({ id }) => id) },
    lines: [
      `scenario ${scenario.id}`,
      ...labelled('says', scenario.says),
      ...labelled('machine', scenario.machine),
      ...labelled('in CI', scenario.ci ? 'yes' : 'no'),
      ...(counts === undefined
        ? []
        : labelled(
            'bound',
            `${count(counts.states)} states, ${count(counts.transitions)} transitions, ` +
              `depth ${counts.depth}`,
          )),
      ...list('asks', properties),
      ...evidenceLines(catalogue, scenario),
      ...list(
        'shows',
        mutants.map(({ id }) => id),
      ),
      labelledCommand('check it', `kvm-mmu-check check ${scenario.id}`),
    ],
  };
}

export const scenarioExplainer = explainerOf(
  'scenario',
  ({ scenarios }) => scenarios,
  ({ id }) => id,
  explain,
);
