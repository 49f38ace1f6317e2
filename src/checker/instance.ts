/** The catalogue of the KVM model: its scenarios, rules, mutants and properties by name. */
import { join } from 'node:path';
import { packageRoot } from '../counterexample/model-version.ts';
import {
  describeChanges,
  mutants,
  presets,
  presetSays,
  ruleDefinitions,
  ruleNames,
  scenarios,
  type PresetName,
} from '../../model/index.ts';
import { progressProperties, properties } from '../../properties/index.ts';
import { shadowActivity } from '../export/shadow-activity.ts';
import { readEvidence, type EvidenceBook } from './evidence.ts';
import { makeMatrix } from '../matrix/matrix.ts';
import { shadowObjects } from '../picture/shadow-objects.ts';
import { causesOf } from '../why/index.ts';
import { shadowScene } from '../picture/shadow-scene.ts';
import { instruments } from './instruments.ts';
import { instantiateKvm, named } from './kvm-machine.ts';
import {
  erased,
  propertyEntry,
  type AnyMachine,
  type Catalogue,
  type Selection,
} from './catalogue.ts';

export { instantiateKvm, rulesOf } from './kvm-machine.ts';

/** What the searches of `npm run counts` came to. */
export const evidenceFile = join(packageRoot, 'evidence', 'searches.json');
/** How `npm run mutants` found each planted bug. */
export const mutantEvidenceFile = join(packageRoot, 'evidence', 'mutants.json');
/** How soon random walks show each planted bug: `bench/random.ts`. */
export const walkEvidenceFile = join(packageRoot, 'evidence', 'walks.json');

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
  instruments,
  describeChanges: (_selection, before, after) => describeChanges(before, after),
  activityOf: shadowActivity,
  causesOf: (selection, breach, run) => causesOf(geometryOf(selection), breach, run),
  evidence,
  matrix: makeMatrix,
  sceneOf: (selection, state) => shadowScene(state, geometryOf(selection)),
  objectsOf: (selection, finding, state) => shadowObjects(finding, state, geometryOf(selection)),
};
