/** `matrix`: what logging dirty pages costs, counted on the model, beside published figures. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { match } from 'ts-pattern';
import { Fault } from '../../checker/fault.ts';
import { matrixEventSchemaName, matrixSchemaName } from '../../matrix/schema.ts';
import { isAsPublished, matrixHeadline, matrixLines } from '../../matrix/text.ts';
import type { Environment } from '../environment.ts';
import { outputOptions } from '../options.ts';
import { outputFor } from '../output.ts';
import type { Command } from './command.ts';

const options = { ...outputOptions } as const;
type Arguments = ArgumentsCamelCase<InferredOptionTypes<typeof options>>;

/** Errors: fault 103 when the model has none. */
function matrix(environment: Environment, argv: Arguments): number {
  const made = environment.catalogue.matrix?.();
  if (made === undefined) throw new Fault('KMC-103', 'this model has no matrix');
  const output = outputFor(environment, argv);
  const { style, verbosity, format, line } = output;
  match(format)
    .with('text', () => {
      if (verbosity > 0) [...matrixLines(made, style), ''].forEach(line);
      const headline = matrixHeadline(made);
      line(isAsPublished(made) ? style.good(headline) : style.bad(headline));
    })
    .with('json', () => line(JSON.stringify({ schema: matrixSchemaName, ...made }, null, 2)))
    .with('ndjson', () => {
      const { cells, comparisons, laws } = made;
      const emit = (event: string, one: object) =>
        line(JSON.stringify({ schema: matrixEventSchemaName, event, ...one }));
      cells.forEach((cell) => emit('cell', cell));
      comparisons.forEach((comparison) => emit('comparison', comparison));
      laws.forEach((law) => emit('law', law));
    })
    .exhaustive();
  output.close();
  return isAsPublished(made) ? 0 : 1;
}

export const matrixCommand: Command = {
  verbs: ['matrix'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'matrix',
      'What logging dirty pages costs with and without eager splitting, beside published figures',
      (command: Argv) => command.options(options),
      (argv) => finish(matrix(environment, argv)),
    ),
};
