/** `explain`: one named thing, with its reason, its source and what supports it. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import type {
  Catalogue,
  MutantEntry,
  PresetEntry,
  PropertyEntry,
  RuleEntry,
  ScenarioEntry,
} from '../../checker/catalogue.ts';
import { unknownName } from '../../checker/names.ts';
import { labelled, labelledCommand } from '../../report/steps-text.ts';
import { count } from '../../report/style.ts';
import type { Environment } from '../environment.ts';
import { outputOptions } from '../options.ts';
import { outputFor } from '../output.ts';
import type { Command } from './command.ts';

const options = { ...outputOptions } as const;
type Arguments = ArgumentsCamelCase<InferredOptionTypes<typeof options> & { name: string }>;

interface Explanation {
  readonly data: object;
  readonly lines: readonly string[];
}

const list = (label: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : labelled(label, items.join(', '));

const propertyIds = (catalogue: Catalogue, scenario: ScenarioEntry): string[] =>
  catalogue
    .instantiate({
      scenario: scenario.id,
      preset: scenario.preset ?? 'upstream',
      rules: {},
    })
    .properties.map(({ id }) => id);

const bound = ({ id, counts }: ScenarioEntry): string =>
  counts === undefined ? id : `${id} (${count(counts.states)} states, depth ${counts.depth})`;

function explainProperty(catalogue: Catalogue, property: PropertyEntry): Explanation {
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

function explainRule(catalogue: Catalogue, rule: RuleEntry): Explanation {
  const mutants = catalogue.mutants.filter((mutant) => mutant.rule === rule.name);
  const presets = catalogue.presets.map(({ name, rules }) => `${name}: ${rules[rule.name]}`);
  return {
    data: { kind: 'rule', ...rule, mutants: mutants.map(({ id }) => id) },
    lines: [
      `rule ${rule.name}`,
      ...labelled('says', rule.says),
      ...labelled('values', rule.values.join(', ')),
      ...list('presets', presets),
      ...list('source', rule.source),
      ...list(
        'mutants',
        mutants.map(({ id, value }) => `${id} (${value})`),
      ),
    ],
  };
}

const explainMutant = (mutant: MutantEntry): Explanation => ({
  data: { kind: 'mutant', ...mutant },
  lines: [
    `mutant ${mutant.id}`,
    ...labelled('says', mutant.says),
    ...labelled('rule', `${mutant.rule}=${mutant.value}`),
    ...list('source', mutant.source),
    ...labelled('category', mutant.category),
    ...labelled('breaks', `${mutant.property} in ${mutant.scenario}`),
    labelledCommand('find it', `kvm-mmu-check check --mutant ${mutant.id}`),
  ],
});

function explainScenario(catalogue: Catalogue, scenario: ScenarioEntry): Explanation {
  const mutants = catalogue.mutants.filter((mutant) => mutant.scenario === scenario.id);
  const properties = propertyIds(catalogue, scenario);
  const { counts } = scenario;
  return {
    data: { kind: 'scenario', ...scenario, properties, mutants: mutants.map(({ id }) => id) },
    lines: [
      `scenario ${scenario.id}`,
      ...labelled('says', scenario.says),
      ...labelled('machine', scenario.machine),
      ...labelled('in CI', scenario.ci ? 'yes' : 'no'),
      ...(counts === undefined
        ? []
        : labelled(
            'bound',
            `${count(counts.states)} states, ${count(counts.transitions)} transitions, ` +
              `depth ${counts.depth}`,
          )),
      ...list('asks', properties),
      ...list(
        'shows',
        mutants.map(({ id }) => id),
      ),
      labelledCommand('check it', `kvm-mmu-check check ${scenario.id}`),
    ],
  };
}

const explainPreset = (preset: PresetEntry): Explanation => ({
  data: { kind: 'preset', ...preset },
  lines: [
    `preset ${preset.name}`,
    ...labelled('says', preset.says),
    ...Object.entries(preset.rules).map(([name, value]) => `         ${name}=${value}`),
  ],
});

/** A name may belong to several kinds. Errors: fault 101 when it belongs to none. */
function explanationsOf(catalogue: Catalogue, name: string): Explanation[] {
  const { properties, rules, mutants, scenarios, presets } = catalogue;
  const found = [
    ...properties.filter((p) => p.id === name).map((p) => explainProperty(catalogue, p)),
    ...rules.filter((r) => r.name === name).map((r) => explainRule(catalogue, r)),
    ...mutants.filter((m) => m.id === name).map(explainMutant),
    ...scenarios.filter((s) => s.id === name).map((s) => explainScenario(catalogue, s)),
    ...presets.filter((p) => p.name === name).map(explainPreset),
  ];
  if (found.length > 0) return found;
  const known = [
    ...[...properties, ...mutants, ...scenarios].map(({ id }) => id),
    ...[...rules, ...presets].map((named) => named.name),
  ];
  throw unknownName('KMC-101', {
    kind: 'property, rule, mutant, scenario or preset',
    name,
    known,
    listCommand: 'kvm-mmu-check list properties',
  });
}

function explain(environment: Environment, argv: Arguments): number {
  const output = outputFor(environment, argv);
  for (const { data, lines } of explanationsOf(environment.catalogue, argv.name)) {
    if (output.format === 'text') lines.forEach(output.line);
    else output.line(JSON.stringify(data, null, output.format === 'json' ? 2 : 0));
  }
  output.close();
  return 0;
}

export const explainCommand: Command = {
  verbs: ['explain'],
  flags: Object.keys(options),
  add: (cli, { environment, finish }) =>
    cli.command(
      'explain <name>',
      'A property, rule, mutant, scenario or preset: what it says, why, and from where',
      (command: Argv) =>
        command
          .positional('name', { type: 'string', demandOption: true, describe: 'Its name' })
          .options(options),
      (argv) => finish(explain(environment, argv)),
    ),
};
