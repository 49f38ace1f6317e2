/** What `explain` says of one named thing, for programs and for people. */
import { askedOf, type Catalogue, type ScenarioEntry } from '../../checker/catalogue.ts';
import { labelled } from '../../report/steps-text.ts';
import type { Environment } from '../environment.ts';

export interface Explanation {
  readonly data: object;
  readonly lines: readonly string[];
}

/** One kind of thing that can be explained. A name may belong to several kinds. */
export interface Explainer {
  /** `property`, `trace rule`: as messages call it. */
  readonly kind: string;
  readonly known: (catalogue: Catalogue) => readonly string[];
  /** Called with known names only. */
  readonly explain: (environment: Environment, name: string) => Explanation;
}

/** The explainer of things that are kept in a list and have a name. */
export const explainerOf = <T>(
  kind: string,
  things: (catalogue: Catalogue) => readonly T[],
  nameOf: (thing: T) => string,
  explain: (environment: Environment, thing: T) => Explanation,
): Explainer => ({
  kind,
  known: (catalogue) => things(catalogue).map(nameOf),
  explain: (environment, name) => {
    const thing = things(environment.catalogue).find((one) => nameOf(one) === name);
    if (thing === undefined) throw new Error(`there is no ${kind} "${name}"`);
    return explain(environment, thing);
  },
});

export const list = (label: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : labelled(label, items.join(', '));

/** `1 scenario`, `3 scenarios`. */
export const scenarioCount = (n: number): string => `${n} ${n === 1 ? 'scenario' : 'scenarios'}`;

/** `shadow-unsync and 31 more`. */
export function brieflyIn(scenarios: readonly string[]): string {
  const [first = 'none', ...others] = scenarios;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

/** The machine of a scenario under the rules of its preset. */
export const machineOf = (catalogue: Catalogue, scenario: ScenarioEntry) =>
  catalogue.instantiate({
    scenario: scenario.id,
    preset: scenario.preset ?? 'upstream',
    rules: {},
  });

export const propertyIds = (catalogue: Catalogue, scenario: ScenarioEntry): readonly string[] =>
  askedOf(machineOf(catalogue, scenario));
