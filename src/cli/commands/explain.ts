/** `explain`: one named thing, with its reason, its source and what supports it. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { unknownName } from '../../checker/names.ts';
import type { Environment } from '../environment.ts';
import type { Explainer, Explanation } from '../explain/explanation.ts';
import { mutantExplainer } from '../explain/mutant.ts';
import { propertyExplainer } from '../explain/property.ts';
import { presetExplainer, ruleExplainer } from '../explain/rule.ts';
import { scenarioExplainer } from '../explain/scenario.ts';
import { traceRuleExplainer } from '../explain/trace-rule.ts';
import { transitionExplainer } from '../explain/transition.ts';
import { outputOptions } from '../options.ts';
import { outputFor } from '../output.ts';
import type { Command } from './command.ts';

const options = { ...outputOptions } as const;
type Arguments = ArgumentsCamelCase<InferredOptionTypes<typeof options> & { name: string }>;

/** Order: of the explanations of a name that belongs to several kinds. */
const explainers: readonly Explainer[] = [
  propertyExplainer,
  ruleExplainer,
  mutantExplainer,
  scenarioExplainer,
  presetExplainer,
  transitionExplainer,
  traceRuleExplainer,
];

const kinds = `${explainers
  .slice(0, -1)
  .map(({ kind }) => kind)
  .join(', ')} or ${explainers.at(-1)?.kind}`;

/** A name may belong to several kinds. Errors: fault 101 when it belongs to none. */
function explanationsOf(environment: Environment, name: string): Explanation[] {
  const { catalogue } = environment;
  const all = explainers.map((explainer) => ({ explainer, names: explainer.known(catalogue) }));
  const found = all
    .filter(({ names }) => names.includes(name))
    .map(({ explainer }) => explainer.explain(environment, name));
  if (found.length > 0) return found;
  throw unknownName('KMC-101', {
    kind: kinds,
    name,
    known: all.flatMap(({ names }) => names),
    listCommand: 'kvm-mmu-check list properties',
  });
}

function explain(environment: Environment, argv: Arguments): number {
  const output = outputFor(environment, argv);
  for (const { data, lines } of explanationsOf(environment, argv.name)) {
    if (output.format === 'text') lines.forEach(output.line);
    else output.line(JSON.stringify(data, null, output.format === 'json' ? 2 : 0));
  }
  output.close();
  return 0;
}

export const explainCommand: Command = {
  verbs: ['explain'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'explain <name>',
      `A ${kinds}: what it says, why, and from where`,
      (command: Argv) =>
        command
          .positional('name', { type: 'string', demandOption: true, describe: 'Its name' })
          .options(options),
      (argv) => finish(explain(environment, argv)),
    ),
};
