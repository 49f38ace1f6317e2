/** `explain` of a property. */
import type { Catalogue, PropertyEntry, ScenarioEntry } from '../../checker/catalogue.ts';
import { labelled } from '../../report/steps-text.ts';
import { count } from '../../report/style.ts';
import type { Environment } from '../environment.ts';
import {
  brieflyIn,
  explainerOf,
  list,
  propertyIds,
  scenarioCount,
  type Explanation,
} from './explanation.ts';
import { unplantedRuns } from './stored-runs.ts';

/** What recorded searches say of it, scenario by scenario. */
function evidenceFor(catalogue: Catalogue, id: string) {
  return Object.entries(catalogue.evidence?.() ?? {}).flatMap(([scenario, { cases, unreached }]) =>
    cases[id] === undefined
      ? []
      : [{ scenario, cases: cases[id], witnessReached: !unreached.includes(id) }],
  );
}

/** How often it was put to the test, and whether anything interesting was among the cases. */
function evidenceLines(evidence: ReturnType<typeof evidenceFor>): string[] {
  if (evidence.length === 0) return [];
  const asked = evidence.filter(({ cases }) => cases > 0);
  const cases = asked.reduce((sum, one) => sum + one.cases, 0);
  const reached = evidence.filter(({ witnessReached }) => witnessReached);
  return [
    ...labelled('cases', `${count(cases)} in ${scenarioCount(asked.length)}`),
    ...labelled('reached', `the witness in ${brieflyIn(reached.map(({ scenario }) => scenario))}`),
  ];
}

/** Named one by one while that is short. */
function boundLines(scenarios: readonly ScenarioEntry[]): string[] {
  const searched = scenarios.flatMap(({ counts }) => counts ?? []);
  if (scenarios.length <= 4) return list('holds in', scenarios.flatMap(bound));
  const states = searched.reduce((sum, counts) => sum + counts.states, 0);
  const depth = Math.max(0, ...searched.map((counts) => counts.depth));
  return labelled(
    'holds in',
    `all ${count(states)} states of ${searched.length} scenarios, at depths up to ${depth}`,
  );
}

const bound = ({ id, counts }: ScenarioEntry): string[] =>
  counts === undefined ? [] : [`${id} (${count(counts.states)} states, depth ${counts.depth})`];

function explain(environment: Environment, property: PropertyEntry): Explanation {
  const { catalogue } = environment;
  const broken = unplantedRuns(environment).filter((run) => run.property === property.id);
  const isHeld = ({ id }: ScenarioEntry) => broken.every((run) => run.scenario !== id);
  const scenarios = catalogue.scenarios.filter((scenario) =>
    propertyIds(catalogue, scenario).includes(property.id),
  );
  const mutants = catalogue.mutants.filter((mutant) => mutant.property === property.id);
  const evidence = evidenceFor(catalogue, property.id);
  return {
    data: {
      ...property,
      kind: 'property',
      judges: property.kind,
      scenarios: scenarios.map(({ id, counts }) => ({ id, counts: counts ?? null })),
      mutants: mutants.map(({ id }) => id),
      evidence,
      breaks: broken,
    },
    lines: [
      `property ${property.id}`,
      ...labelled('says', property.says),
      ...labelled('why', property.why),
      ...list('source', property.source),
      ...labelled('when', property.when),
      ...list('written', property.file === undefined ? [] : [property.file]),
      ...labelled('witness', property.witness),
      ...evidenceLines(evidence),
      ...boundLines(scenarios.filter(isHeld)),
      ...list(
        'breaks',
        broken.map(({ scenario }) => `in ${scenario}`),
      ),
      ...list(
        'finds',
        mutants.length === 0
          ? ['no mutant before another property does']
          : mutants.map(({ id }) => id),
      ),
    ],
  };
}

export const propertyExplainer = explainerOf(
  'property',
  ({ properties }) => properties,
  ({ id }) => id,
  explain,
);
