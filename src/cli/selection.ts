/** From flags to what is checked, and back to the flags that select it. */
import type {
  Catalogue,
  MutantEntry,
  RuleEntry,
  ScenarioEntry,
  Selection,
} from '../checker/catalogue.ts';
import type { RuleValue } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { find, unknownName } from '../checker/names.ts';
import type { SelectionFlags } from './options.ts';
import { assignment, regularExpression } from './values.ts';

const listCommand = (what: string) => `kvm-mmu-check list ${what}`;

function known<T>(things: readonly T[], nameOf: (t: T) => string, kind: string, name: string): T {
  const list = kind === 'property' ? 'properties' : `${kind}s`;
  const lookup = { code: 'KMC-101', kind, name, listCommand: listCommand(list) } as const;
  return find(things, nameOf, lookup);
}

export const scenarioNamed = (catalogue: Catalogue, name: string): ScenarioEntry =>
  known(catalogue.scenarios, (s) => s.id, 'scenario', name);

/** The named ones; none named: that of the mutant, else all of CI. Order: of the catalogue. */
export function scenariosFor(
  catalogue: Catalogue,
  names: readonly string[],
  mutant: string | undefined,
): readonly ScenarioEntry[] {
  if (names.length > 0) {
    const wanted = names.map((name) => scenarioNamed(catalogue, name).id);
    return catalogue.scenarios.filter(({ id }) => wanted.includes(id));
  }
  if (mutant === undefined) return catalogue.scenarios.filter(({ ci }) => ci);
  const entry = known(catalogue.mutants, (m) => m.id, 'mutant', mutant);
  return [scenarioNamed(catalogue, entry.scenario)];
}

export const ruleNamed = (catalogue: Catalogue, name: string): RuleEntry =>
  known(catalogue.rules, (r) => r.name, 'rule', name);

export function ruleValueNamed(rule: RuleEntry, text: string): RuleValue {
  const value = rule.values.find((candidate) => String(candidate) === text);
  if (value !== undefined) return value;
  throw unknownName('KMC-101', {
    kind: `value of rule "${rule.name}"`,
    name: text,
    known: rule.values.map(String),
    listCommand: `kvm-mmu-check explain ${rule.name}`,
  });
}

function ruleChanges(
  catalogue: Catalogue,
  texts: readonly string[],
): Readonly<Record<string, RuleValue>> {
  const changes: Record<string, RuleValue> = {};
  for (const [name, text] of texts.map((rule) => assignment('rule', rule))) {
    const rule = ruleNamed(catalogue, name);
    if (Object.hasOwn(changes, name)) {
      throw new Fault('KMC-103', `--rule ${name} is given twice`, ['Give each rule one value.']);
    }
    changes[name] = ruleValueNamed(rule, text);
  }
  return changes;
}

function wantedProperties(catalogue: Catalogue, flags: SelectionFlags): string[] | undefined {
  if (flags.properties === undefined && flags.match === undefined) return undefined;
  const named = flags.properties?.map(
    (name) => known(catalogue.properties, (p) => p.id, 'property', name).id,
  );
  const pattern = flags.match === undefined ? undefined : regularExpression('match', flags.match);
  const wanted = catalogue.properties
    .map(({ id }) => id)
    .filter((id) => named?.includes(id) === true || pattern?.test(id) === true);
  if (wanted.length > 0) return wanted;
  throw new Fault('KMC-103', 'no property is selected', [
    `list them: ${listCommand('properties')}`,
  ]);
}

/** The preset that is meant when none is named. */
export const presetOf = (scenario: ScenarioEntry, mutant?: MutantEntry): string =>
  mutant?.preset ?? scenario.preset ?? 'upstream';

/** Errors: faults 101 to 103. */
export function selectionFor(
  catalogue: Catalogue,
  scenario: ScenarioEntry,
  flags: SelectionFlags,
): Selection {
  const { mutant } = flags;
  const entry =
    mutant === undefined ? undefined : known(catalogue.mutants, (m) => m.id, 'mutant', mutant);
  const preset = flags.preset ?? presetOf(scenario, entry);
  known(catalogue.presets, (p) => p.name, 'preset', preset);
  const rules = ruleChanges(catalogue, flags.rule ?? []);
  if (entry !== undefined && Object.hasOwn(rules, entry.rule)) {
    const message = `--rule ${entry.rule} and --mutant ${entry.id} set the same rule`;
    throw new Fault('KMC-103', message, ['Give one of them.']);
  }
  const properties = wantedProperties(catalogue, flags);
  const { granularity = scenario.granularity ?? 'step' } = flags;
  const isOwn = granularity === (scenario.granularity ?? 'step');
  return {
    scenario: scenario.id,
    preset,
    rules,
    ...(mutant === undefined ? {} : { mutant }),
    ...(properties === undefined ? {} : { properties }),
    ...(isOwn ? {} : { granularity }),
  };
}

/** The flags of a selection as they were given, for the command that repeats all searches. */
export function givenArguments(flags: SelectionFlags): string[] {
  const { preset, rule = [], mutant, granularity, properties, match } = flags;
  const one = (flag: string, value: string | undefined) =>
    value === undefined ? [] : [flag, value];
  return [
    ...one('--preset', preset),
    ...rule.flatMap((text) => ['--rule', text]),
    ...one('--mutant', mutant),
    ...one('--granularity', granularity),
    ...one('--match', match),
    ...(properties === undefined ? [] : ['--properties', ...properties]),
  ];
}

/** The flags that make this selection, for the command that repeats a search. */
export function selectionArguments(scenario: ScenarioEntry, selection: Selection): string[] {
  const { preset, rules, mutant, properties, granularity } = selection;
  return [
    // A mutant may bring its own preset, which naming again does not change.
    ...(preset === (scenario.preset ?? 'upstream') ? [] : ['--preset', preset]),
    ...Object.entries(rules).flatMap(([name, value]) => ['--rule', `${name}=${value}`]),
    ...(mutant === undefined ? [] : ['--mutant', mutant]),
    ...(granularity === undefined ? [] : ['--granularity', granularity]),
    ...(properties === undefined ? [] : ['--properties', ...properties]),
  ];
}
