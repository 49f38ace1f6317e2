/** `explain` of a transition: one step of the guest, its hardware, the host or KVM. */
import type { AnyMachine, Catalogue, ScenarioEntry } from '../../checker/catalogue.ts';
import { labelled } from '../../report/steps-text.ts';
import { count } from '../../report/style.ts';
import type { Environment } from '../environment.ts';
import { list, machineOf, scenarioCount, type Explainer, type Explanation } from './explanation.ts';

interface Use {
  readonly scenario: ScenarioEntry;
  readonly machine: AnyMachine;
}

const named = (machine: AnyMachine, name: string) =>
  machine.transitions.find((transition) => transition.name === name);

/** Each actor that performs it in some scenario, once. */
function actorsOf(uses: readonly Use[], name: string): string[] {
  const actors = uses.flatMap(({ machine }) => {
    const transition = named(machine, name);
    const first = transition?.parameters[0]?.size ?? 1;
    return Array.from({ length: first }, (_, a) => transition?.actor(a, 0, 0, 0) ?? '');
  });
  return [...new Set(actors)].sort();
}

/** How often recorded searches took it, by scenario. */
const takenIn = (catalogue: Catalogue, name: string) =>
  Object.entries(catalogue.evidence?.() ?? {}).flatMap(([scenario, { taken }]) =>
    taken[name] === undefined ? [] : [{ scenario, taken: taken[name] }],
  );

function takenLines(uses: ReturnType<typeof takenIn>): string[] {
  if (uses.length === 0) return [];
  const some = uses.filter(({ taken }) => taken > 0);
  const total = some.reduce((sum, { taken }) => sum + taken, 0);
  const most = some.toSorted((a, b) => b.taken - a.taken)[0];
  const where = most === undefined ? '' : `, most in ${most.scenario} (${count(most.taken)})`;
  const never = uses.filter(({ taken }) => taken === 0).map(({ scenario }) => scenario);
  return [
    ...labelled('taken', `${count(total)} times in ${scenarioCount(some.length)}${where}`),
    ...list('never in', never),
  ];
}

function explain({ catalogue }: Environment, name: string): Explanation {
  const uses = catalogue.scenarios
    .map((scenario) => ({ scenario, machine: machineOf(catalogue, scenario) }))
    .filter(({ machine }) => named(machine, name) !== undefined);
  const [transition] = uses.flatMap(({ machine }) => named(machine, name) ?? []);
  if (transition === undefined) throw new Error(`there is no transition "${name}"`);
  const judges = [
    ...new Set(
      uses.flatMap(({ machine }) =>
        machine.properties.flatMap((p) => (p.kind === 'step' && p.on.includes(name) ? p.id : [])),
      ),
    ),
  ];
  const parameters = transition.parameters.map((parameter) => parameter.name);
  const others = catalogue.scenarios.length - uses.length;
  const scenarios = uses.map(({ scenario }) => scenario.id);
  const source = transition.source ?? [];
  const { says } = transition;
  const actors = actorsOf(uses, name);
  const taken = takenIn(catalogue, name);
  return {
    data: { kind: 'transition', name, says, source, actors, parameters, judges, scenarios, taken },
    lines: [
      `transition ${name}`,
      ...labelled('says', says),
      ...list('source', source),
      ...list('actors', actors),
      ...list('takes', parameters),
      ...list('judges', judges),
      ...takenLines(taken),
      ...(others === 0 ? labelled('part of', 'all scenarios') : list('part of', scenarios)),
    ],
  };
}

export const transitionExplainer: Explainer = {
  kind: 'transition',
  known: (catalogue) => [
    ...new Set(
      catalogue.scenarios.flatMap((scenario) =>
        machineOf(catalogue, scenario).transitions.map(({ name }) => name),
      ),
    ),
  ],
  explain,
};
