/** From the names in a counterexample to the machine that they select. */
import type { AnyMachine, Catalogue, Selection } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { find, unknownName } from '../checker/names.ts';
import type { ModelVersion } from './model-version.ts';
import type { Counterexample } from './schema.ts';

const command = 'kvm-mmu-check';

function lookup<T>(
  things: readonly T[],
  nameOf: (thing: T) => string,
  what: { file: string; kind: string; name: string; list: string },
): T {
  return find(things, nameOf, {
    code: 'KMC-201',
    kind: what.kind,
    name: what.name,
    sentence: `${what.file}: names ${what.kind} "${what.name}", which the model does not have`,
    listCommand: `${command} list ${what.list}`,
  });
}

function checkRules(file: string, found: Counterexample, catalogue: Catalogue): void {
  for (const [name, value] of Object.entries(found.rules.changes)) {
    const rule = lookup(catalogue.rules, (r) => r.name, {
      file,
      kind: 'rule',
      name,
      list: 'rules',
    });
    if (rule.values.includes(value)) continue;
    throw unknownName(
      'KMC-201',
      {
        kind: 'value',
        name: `${value}`,
        known: rule.values.map(String),
        listCommand: `${command} explain ${name}`,
      },
      `${file}: gives rule "${name}" the value "${value}", which it does not have`,
    );
  }
}

/** Errors: fault 201 for a name that the catalogue does not have. */
export function selectionOf(file: string, found: Counterexample, catalogue: Catalogue): Selection {
  const { scenario, rules, expect, granularity } = found;
  lookup(catalogue.scenarios, (s) => s.id, {
    file,
    kind: 'scenario',
    name: scenario,
    list: 'scenarios',
  });
  lookup(catalogue.presets, (p) => p.name, {
    file,
    kind: 'preset',
    name: rules.preset,
    list: 'presets',
  });
  if (rules.mutant !== undefined) {
    const name = rules.mutant;
    lookup(catalogue.mutants, (m) => m.id, { file, kind: 'mutant', name, list: 'mutants' });
  }
  checkRules(file, found, catalogue);
  if (expect.verdict === 'violated') {
    const name = expect.property;
    lookup(catalogue.properties, (p) => p.id, { file, kind: 'property', name, list: 'properties' });
  }
  return {
    scenario,
    preset: rules.preset,
    rules: rules.changes,
    granularity,
    ...(rules.mutant === undefined ? {} : { mutant: rules.mutant }),
    ...(expect.verdict === 'violated' ? { properties: [expect.property] } : {}),
  };
}

/** Errors: fault 201 when the scenario belongs to another machine than the file says. */
export function checkMachine(file: string, found: Counterexample, machine: AnyMachine): void {
  if (machine.name === found.machine) return;
  throw new Fault(
    'KMC-201',
    `${file}: names machine "${found.machine}", but scenario "${found.scenario}" configures ` +
      `machine "${machine.name}"`,
  );
}

export const sameModel = (a: ModelVersion, b: ModelVersion): boolean =>
  a.version === b.version && a.hash === b.hash;

/** Errors: fault 206 when the file was written for another model. */
export function checkModel(file: string, found: Counterexample, current: ModelVersion): void {
  if (sameModel(found.model, current)) return;
  const name = ({ version, hash }: ModelVersion): string => `${version} (${hash})`;
  throw new Fault(
    'KMC-206',
    `${file}: written for model ${name(found.model)}, this is model ${name(current)}`,
    [
      'The model or the properties changed since this file was written.',
      `Replay it all the same: ${command} replay --accept-model-change ${file}`,
      `Record it anew, if its verdict is unchanged: ${command} test --update ${file}`,
    ],
  );
}
