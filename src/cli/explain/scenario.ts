/** `explain` of a scenario. */
import type { Catalogue, ScenarioEntry } from '../../checker/catalogue.ts';
import { labelled, labelledCommand, labelledList } from '../../report/steps-text.ts';
import { count } from '../../report/style.ts';
import type { Environment } from '../environment.ts';
import { explainerOf, list, propertyIds, type Explanation } from './explanation.ts';
import { foundText, unplantedRuns } from './stored-runs.ts';

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

/** A finding that the scenario would else stop at. */
const unasked = '; asked there when it is named only';

function explain(environment: Environment, scenario: ScenarioEntry): Explanation {
  const { catalogue } = environment;
  const broken = unplantedRuns(environment).filter((run) => run.scenario === scenario.id);
  const mutants = catalogue.mutants.filter((mutant) => mutant.scenario === scenario.id);
  const properties = propertyIds(catalogue, scenario);
  const { counts } = scenario;
  return {
    data: {
      kind: 'scenario',
      ...scenario,
      properties,
      mutants: mutants.map(({ id }) => id),
      breaks: broken,
    },
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
      ...labelledList(
        'breaks',
        broken.map((run) => `${foundText(run)}${properties.includes(run.property) ? '' : unasked}`),
      ),
      ...list('asks', properties),
      ...evidenceLines(catalogue, scenario),
      ...list(
        'shows',
        mutants.map(({ id }) => id),
      ),
      labelledCommand('check it', `kvm-mmu-check check ${scenario.id}`),
      ...broken.map(({ file }) => labelledCommand('read it', `kvm-mmu-check show ${file}`)),
    ],
  };
}

export const scenarioExplainer = explainerOf(
  'scenario',
  ({ scenarios }) => scenarios,
  ({ id }) => id,
  explain,
);
