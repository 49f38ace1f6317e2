/** The catalogue of the KVM model: its scenarios, rules, mutants and properties by name. */
import { join } from 'node:path';
import { packageRoot } from '../counterexample/model-version.ts';
import type { Machine } from '../engine/machine/index.ts';
import {
  configOf,
  createMachine,
  describeChanges,
  mutants,
  presets,
  presetSays,
  ruleDefinitions,
  ruleNames,
  scenarios,
  type Config,
  type Kvm,
  type PresetName,
  type Rules,
  type Scenario,
} from '../../model/index.ts';
import { progressProperties, properties } from '../../properties/index.ts';
import { shadowActivity } from '../export/shadow-activity.ts';
import { readEvidence, type EvidenceBook } from './evidence.ts';
import { shadowObjects } from '../picture/shadow-objects.ts';
import { causesOf } from '../why/index.ts';
import { shadowScene } from '../picture/shadow-scene.ts';
import {
  erased,
  propertyEntry,
  type AnyMachine,
  type Catalogue,
  type Selection,
} from './catalogue.ts';

/** Errors: throws when a name is not one of the catalogue; the callers have checked it. */
const named = <T extends { readonly id: string }>(things: readonly T[], id: string): T => {
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

/** The machine of a selection with its properties, of the model's own type. */
export const instantiateKvm = (selection: Selection): Machine<Kvm> => {
  const scenario = named(scenarios, selection.scenario);
  const config = configOf(scenario, rulesOf(selection), selection.granularity);
  const machine = createMachine(scenario.machine, config) as unknown as Machine<Kvm>;
  const { properties: wanted } = selection;
  return {
    ...machine,
    properties: askedOf(properties, scenario, config, wanted),
    progress: askedOf(progressProperties, scenario, config, wanted),
  };
};

/** What the searches of `npm run counts` came to. */
export const evidenceFile = join(packageRoot, 'evidence', 'searches.json');

const geometryOf = ({ scenario }: Selection) => named(scenarios, scenario).geometry;

/** Read when somebody asks. */
const evidence = (): EvidenceBook => readEvidence(evidenceFile);

export const catalogue: Catalogue = {
  scenarios,
  rules: ruleNames.map((name) => ({ name, ...ruleDefinitions[name] })),
  presets: Object.entries(presets).map(([name, rules]) => ({
    name,
    says: presetSays[name as PresetName],
    rules,
  })),
  mutants,
  properties: [...properties, ...progressProperties].map((property) => ({
    ...propertyEntry(property),
    file: `properties/${property.id}.ts`,
  })),
  instantiate: (selection): AnyMachine => erased(instantiateKvm(selection)),
  source: (selection) => ({
    module: import.meta.url,
    exportName: 'instantiateKvm',
    argument: selection,
  }),
  describeChanges: (_selection, before, after) => describeChanges(before, after),
  activityOf: shadowActivity,
  causesOf: (selection, { property, finding }, run) =>
    causesOf(geometryOf(selection), property, finding, run),
  evidence,
  sceneOf: (selection, state) => shadowScene(state, geometryOf(selection)),
  objectsOf: (selection, finding, state) => shadowObjects(finding, state, geometryOf(selection)),
};
