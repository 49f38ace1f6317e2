/**
 * The tables in `docs/` that say what the model has: made from the model, never typed.
 *
 * Order of rows: as in the code, which is the order of checking and listing.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  modelTransitions,
  mutants,
  presets,
  ruleDefinitions,
  ruleNames,
  scenarios,
  type Mutant,
  type RuleName,
  type Scenario,
} from '../../model/index.ts';
import {
  progressProperties,
  properties as endingProperties,
  type KvmProgress,
  type KvmProperty,
} from '../../properties/index.ts';
import { askedOf, erased, propertyEntry } from '../checker/catalogue.ts';
import { instantiateKvm } from '../checker/instance.ts';
import { readDraft } from '../counterexample/load.ts';
import { packageRoot } from '../counterexample/model-version.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import type { Assertion } from './assertion.ts';
import { assertions } from './assertions.ts';
import { designIds } from './design-ids.ts';
import { code, codes, figure, table } from './markdown.ts';
import { mutantTable } from './mutant-table.ts';
import { necessityTable } from './necessity.ts';
import { waitingBugs } from './waiting-bugs.ts';
import { walkGaps, walkSummary, walkTable } from './walk-table.ts';

type AnyProperty = KvmProperty | KvmProgress;

const properties: readonly AnyProperty[] = [...endingProperties, ...progressProperties];

/** Ids of the properties that a scenario is checked for, by its own id. */
const asked: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  scenarios.map(({ id, preset }) => {
    return [id, new Set(askedOf(erased(instantiateKvm({ scenario: id, preset, rules: {} }))))];
  }),
);

const scenariosOf = ({ id }: AnyProperty): readonly Scenario[] =>
  scenarios.filter((scenario) => asked.get(scenario.id)?.has(id) === true);

/** The shorter way to name them: the scenarios, or all but some. */
const scenariosText = (property: AnyProperty): string => {
  const own = scenariosOf(property);
  const others = scenarios.filter((scenario) => !own.includes(scenario));
  if (others.length === 0) return 'all';
  if (others.length < own.length) return `all but ${codes(others.map(({ id }) => id))}`;
  return codes(own.map(({ id }) => id));
};

const mutantsOf = ({ id }: AnyProperty): readonly Mutant[] =>
  mutants.filter((mutant) => mutant.property === id);

/** States in which it was asked, over all scenarios with recorded counts. */
const statesOf = (property: AnyProperty): number | undefined => {
  const counted = scenariosOf(property).flatMap(({ counts }) => counts?.states ?? []);
  return counted.length === 0 ? undefined : counted.reduce((sum, states) => sum + states, 0);
};

const propertyTable = (): string =>
  table(
    ['property', 'says', 'asked', 'design ids'],
    properties.map((p) => [code(p.id), p.says, askedText(p), p.brief]),
  );

const askedText = (property: AnyProperty): string => {
  if (property.kind === 'progress') return 'for ever';
  if (property.kind === 'state') return property.when;
  return property.on.length > 4 ? `on ${property.on.length} steps` : `on ${codes(property.on)}`;
};

const propertySupportTable = (): string =>
  table(
    ['property', 'source', 'finds the mutants', 'asked in', 'witness'],
    properties.map((p) => [
      code(p.id),
      p.source.join(', '),
      codes(mutantsOf(p).map(({ id }) => id)),
      scenariosText(p),
      propertyEntry(p).witness,
    ]),
  );

/** For the README: what is checked, and how much of it. */
const propertySummary = (): string =>
  table(
    ['property', 'says', 'scenarios', 'states', 'mutants'],
    properties.map((p) => [
      code(p.id),
      p.says,
      String(scenariosOf(p).length),
      figure(statesOf(p)),
      String(mutantsOf(p).length),
    ]),
  );

const designIdTable = (): string =>
  table(
    ['design id', 'about', 'properties', 'what waits, and for what'],
    designIds.map(({ id, about, properties: ids, waits }) => [id, about, codes(ids), waits ?? '']),
  );

const waitingTable = (): string =>
  table(
    ['bug', 'category', 'waits for', 'why'],
    waitingBugs.map(({ id, category, waits, why }) => [code(id), category, waits, why]),
  );

const budgetText = ({ budget }: Scenario): string =>
  Object.entries(budget)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');

const scenarioTable = (): string =>
  table(
    ['scenario', 'what it is'],
    scenarios.map(({ id, says }) => [code(id), says]),
  );

const scenarioBoundTable = (): string =>
  table(
    ['scenario', 'levels', 'vCPUs', 'gfns', 'tables', 'accesses', 'budgets', 'oracle', 'ci'].concat(
      ['states', 'transitions', 'depth'],
    ),
    scenarios.map((s) => [
      code(s.id),
      String(s.geometry.levels),
      String(s.geometry.vcpus),
      String(s.geometry.gfns),
      String(s.geometry.tables),
      s.geometry.kinds.join(' '),
      budgetText(s),
      s.oracle,
      s.ci ? 'ci' : '',
      figure(s.counts?.states),
      figure(s.counts?.transitions),
      figure(s.counts?.depth),
    ]),
  );

const exclusionTable = (): string =>
  table(
    ['scenario', 'property that is not asked', 'reason'],
    scenarios.flatMap(({ id, excludes }) =>
      Object.entries(excludes).map(([property, reason]) => [code(id), code(property), reason]),
    ),
  );

const ruleTable = (): string =>
  table(
    ['rule', 'values, upstream first', 'what it decides', 'source', 'mutants'],
    ruleNames.map((name) => {
      const { values, says, source } = ruleDefinitions[name];
      const own = mutants.filter(({ rule }) => rule === name).map(({ id }) => id);
      return [code(name), codes(values), says, source.join(', '), codes(own)];
    }),
  );

const differences = (preset: keyof typeof presets): readonly RuleName[] =>
  ruleNames.filter((name) => presets[preset][name] !== presets.upstream[name]);

const presetTable = (): string =>
  table(
    ['preset', 'rules that differ from upstream'],
    (Object.keys(presets) as (keyof typeof presets)[]).map((preset) => [
      code(preset),
      differences(preset)
        .map((name) => `${name}=${presets[preset][name]}`)
        .map(code)
        .join(', ') || 'none',
    ]),
  );

const stepTable = (): string =>
  table(
    ['step', 'what happens', 'source'],
    modelTransitions.map(({ name, says, source }) => [code(name), says, (source ?? []).join(', ')]),
  );

const isKnown = ({ category }: Mutant): boolean => category !== 'rule';

/** One row per stored run, those that must hold last. */
const corpusTable = (): string => {
  const folder = join(packageRoot, 'counterexamples');
  const names = readdirSync(folder).filter((name) => /^(bad|good)_.*\.json$/.test(name));
  return table(
    ['file', 'steps', 'under', 'what it shows'],
    names.sort().map((name) => {
      const { actions, notes, rules, says } = readDraft(join(folder, name));
      return [`[${name}](${name})`, String(actions.length), rulesText(rules), notes || says];
    }),
  );
};

const rulesText = ({ preset, mutant, changes }: Counterexample['rules']): string =>
  [
    preset,
    ...(mutant === undefined ? [] : [mutant]),
    ...Object.entries(changes).map((c) => c.join('=')),
  ]
    .map(code)
    .join(' + ');

/** Every generated section by the name in its marker. */
const checkedText = ({ properties: ids = [], warning, assumed }: Assertion): string =>
  [
    ...ids.map(code),
    ...(warning === undefined ? [] : [`warning ${code(warning)}`]),
    ...(assumed === undefined ? [] : [`assumed in ${code(assumed)}`]),
  ].join(', ');

const assertionTable = (): string =>
  table(
    ['in the kernel', 'claim', 'checked by', 'what is not, and why'],
    assertions.map((a) => [a.where, a.claim, checkedText(a), a.why ?? '']),
  );

export const sections: Readonly<Record<string, () => string>> = {
  properties: propertyTable,
  'property-support': propertySupportTable,
  'property-summary': propertySummary,
  'design-ids': designIdTable,
  'known-bug-mutants': () => mutantTable(mutants.filter(isKnown)),
  'rule-mutants': () => mutantTable(mutants.filter((mutant) => !isKnown(mutant))),
  'waiting-bugs': waitingTable,
  corpus: corpusTable,
  scenarios: scenarioTable,
  'scenario-bounds': scenarioBoundTable,
  exclusions: exclusionTable,
  rules: ruleTable,
  presets: presetTable,
  necessity: necessityTable,
  steps: stepTable,
  assertions: assertionTable,
  'walk-summary': walkSummary,
  walks: walkTable,
  'walk-gaps': walkGaps,
};
