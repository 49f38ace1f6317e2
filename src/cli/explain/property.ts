/** `explain` of a property. */
import type { Catalogue, PropertyEntry, ScenarioEntry } from '../../checker/catalogue.ts';
import { labelled } from '../../report/steps-text.ts';
import { count } from '../../report/style.ts';
import { explainerOf, list, propertyIds, type Explanation } from './explanation.ts';

const bound = ({ id, counts }: ScenarioEntry): string =>
  counts === undefined ? id : `${id} (${count(counts.states)} states, depth ${counts.depth})`;

function explain(catalogue: Catalogue, property: PropertyEntry): Explanation {
  const scenarios = catalogue.scenarios.filter((scenario) =>
    propertyIds(catalogue, scenario).includes(property.id),
  );
  const mutants = catalogue.mutants.filter((mutant) => mutant.property === property.id);
  return {
    data: {
      ...property,
      kind: 'property',
      judges: property.kind,
      scenarios: scenarios.map(({ id, counts }) => ({ id, counts: counts ?? null })),
      mutants: mutants.map(({ id }) => id),
    },
    lines: [
      `property ${property.id}`,
      ...labelled('says', property.says),
      ...labelled('why', property.why),
      ...list('source', property.source),
      ...labelled('when', property.when),
      ...labelled('witness', property.witness),
      ...list('holds in', scenarios.map(bound)),
      ...list(
        'finds',
        mutants.map(({ id }) => id),
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
