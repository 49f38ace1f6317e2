/** From a selection of names to the machine of the KVM model with its properties. */
import type { Machine } from '../engine/machine/index.ts';
import {
  configOf,
  createMachine,
  mutants,
  presets,
  scenarios,
  type Config,
  type Kvm,
  type PresetName,
  type Rules,
  type Scenario,
} from '../../model/index.ts';
import { progressProperties, properties } from '../../properties/index.ts';
import type { Selection } from './catalogue.ts';

/** Errors: throws when a name is not one of the catalogue; the callers have checked it. */
export const named = <T extends { readonly id: string }>(things: readonly T[], id: string): T => {
  const found = things.find((thing) => thing.id === id);
  if (found === undefined) throw new Error(`"${id}" is not in the catalogue`);
  return found;
};

const isPreset = (name: string): name is PresetName => Object.hasOwn(presets, name);

/** The rules of a selection: preset, then the mutant's change, then the named changes. */
export const rulesOf = (selection: Selection): Rules => {
  if (!isPreset(selection.preset)) throw new Error(`no preset "${selection.preset}"`);
  const mutant = selection.mutant === undefined ? undefined : named(mutants, selection.mutant);
  return {
    ...presets[selection.preset],
    ...(mutant === undefined ? {} : { [mutant.rule]: mutant.value }),
    ...selection.rules,
  };
};

interface Askable {
  readonly id: string;
  readonly needs?: (config: Config) => boolean;
}

/** Asked by name, or all that the scenario can put to the test. */
const askedOf = <P extends Askable>(
  all: readonly P[],
  scenario: Scenario,
  config: Config,
  wanted: readonly string[] | undefined,
): readonly P[] =>
  wanted === undefined
    ? all.filter((p) => !(p.id in scenario.excludes) && (p.needs?.(config) ?? true))
    : all.filter((p) => wanted.includes(p.id));

/** The machine of a selection with its properties. `adapt`: a last change of its configuration. */
export const instantiateKvm = (
  selection: Selection,
  adapt: (config: Config) => Config = (config) => config,
): Machine<Kvm> => {
  const scenario = named(scenarios, selection.scenario);
  const config = adapt(configOf(scenario, rulesOf(selection), selection.granularity));
  const machine = createMachine(scenario.machine, config) as unknown as Machine<Kvm>;
  const { properties: wanted } = selection;
  return {
    ...machine,
    properties: askedOf(properties, scenario, config, wanted),
    progress: askedOf(progressProperties, scenario, config, wanted),
  };
};
