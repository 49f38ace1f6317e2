/** `list`: the inventory. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { match } from 'ts-pattern';
import type { Catalogue, PropertyEntry, ScenarioEntry } from '../../checker/catalogue.ts';
import { unknownName } from '../../checker/names.ts';
import { count, wrappedTable } from '../../report/style.ts';
import type { Environment } from '../environment.ts';
import { listTraceRules } from '../explain/trace-rule.ts';
import { outputOptions } from '../options.ts';
import { outputFor } from '../output.ts';
import { scenarioNamed } from '../selection.ts';
import type { Command } from './command.ts';

export const listKinds = [
  'scenarios',
  'properties',
  'rules',
  'presets',
  'mutants',
  'transitions',
  'trace-rules',
] as const;

const options = {
  machine: { type: 'string', describe: 'Transitions of this machine' },
  scenario: { type: 'string', describe: 'Transitions of this scenario' },
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<
  InferredOptionTypes<typeof options> & { what: (typeof listKinds)[number] }
>;

interface Listed {
  /** For programs. */
  readonly data: readonly object[];
  /** For people: the first row is the head. */
  readonly rows: readonly (readonly string[])[];
}

/** Errors: fault 101 for a machine or scenario that is not there. */
function scenariosOf(catalogue: Catalogue, argv: Arguments): readonly ScenarioEntry[] {
  if (argv.scenario !== undefined) return [scenarioNamed(catalogue, argv.scenario)];
  if (argv.machine === undefined) return catalogue.scenarios;
  const scenarios = catalogue.scenarios.filter(({ machine }) => machine === argv.machine);
  if (scenarios.length > 0) return scenarios;
  const known = [...new Set(catalogue.scenarios.map(({ machine }) => machine))];
  throw unknownName('KMC-101', { kind: 'machine', name: argv.machine, known });
}

/** Transitions by machine, each once, in the order of the first scenario that has it. */
function transitions(catalogue: Catalogue, argv: Arguments): Listed {
  const data = new Map<string, { machine: string; name: string; parameters: string[] } & object>();
  const rows = [['machine', 'transition', 'parameters', 'what happens']];
  for (const scenario of scenariosOf(catalogue, argv)) {
    const preset = scenario.preset ?? 'upstream';
    const machine = catalogue.instantiate({ scenario: scenario.id, preset, rules: {} });
    for (const { name, parameters, says, source } of machine.transitions) {
      const key = `${machine.name} ${name}`;
      if (data.has(key)) continue;
      const names = parameters.map((parameter) => parameter.name);
      const entry = { machine: machine.name, name, parameters: names, says, source: source ?? [] };
      data.set(key, entry);
      rows.push([machine.name, name, names.join(', '), says]);
    }
  }
  return { data: [...data.values()], rows };
}

function scenarios({ scenarios: list }: Catalogue): Listed {
  const rows = list.map(({ id, machine, ci, counts, says }) => [
    id,
    machine,
    ci ? 'ci' : '',
    counts === undefined ? '' : count(counts.states),
    says,
  ]);
  return { data: list, rows: [['scenario', 'machine', 'ci', 'states', 'what it is'], ...rows] };
}

/** `explain` has all of them. */
function briefWhen({ kind, when }: PropertyEntry): string {
  if (kind !== 'step') return when;
  const transitions = when.split(', ').length;
  return transitions === 1 ? 'on 1 transition' : `on ${transitions} transitions`;
}

function properties({ properties: list }: Catalogue): Listed {
  const rows = list.map((property) => [property.id, briefWhen(property), property.says]);
  return { data: list, rows: [['property', 'when', 'what it says'], ...rows] };
}

function rules({ rules: list }: Catalogue): Listed {
  const rows = list.map(({ name, values, says }) => [name, values.join(' | '), says]);
  return { data: list, rows: [['rule', 'values', 'what it decides'], ...rows] };
}

function presets({ presets: list }: Catalogue): Listed {
  return { data: list, rows: [['preset', 'what it is'], ...list.map((p) => [p.name, p.says])] };
}

function mutants({ mutants: list }: Catalogue): Listed {
  const rows = list.map(({ id, category, rule, value, scenario, property }) => [
    id,
    category,
    `${rule}=${value}`,
    scenario,
    property,
  ]);
  return { data: list, rows: [['mutant', 'category', 'rule', 'scenario', 'found by'], ...rows] };
}

function list(environment: Environment, argv: Arguments): number {
  const { catalogue } = environment;
  const output = outputFor(environment, argv);
  const { data, rows } = match(argv.what)
    .with('scenarios', () => scenarios(catalogue))
    .with('properties', () => properties(catalogue))
    .with('rules', () => rules(catalogue))
    .with('presets', () => presets(catalogue))
    .with('mutants', () => mutants(catalogue))
    .with('transitions', () => transitions(catalogue, argv))
    .with('trace-rules', listTraceRules)
    .exhaustive();
  match(output.format)
    .with('text', () => {
      const shown = output.verbosity === 0 ? rows.slice(1).map(([name = '']) => [name]) : rows;
      wrappedTable(shown, 100).forEach(output.line);
    })
    .with('json', () => output.line(JSON.stringify(data, null, 2)))
    .with('ndjson', () => data.forEach((item) => output.line(JSON.stringify(item))))
    .exhaustive();
  output.close();
  return 0;
}

export const listCommand: Command = {
  verbs: ['list'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'list <what>',
      'Scenarios, properties, rules, presets, mutants, transitions or trace rules',
      (command: Argv) =>
        command
          .positional('what', { choices: listKinds, demandOption: true, describe: 'What to list' })
          .options(options)
          .example('$0 list rules', 'Every decision that can be changed with --rule'),
      (argv) => finish(list(environment, argv)),
    ),
};
