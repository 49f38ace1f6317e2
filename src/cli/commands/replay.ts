/** `replay`: stored counterexamples executed again, and the recorded verdict verified. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { labelled } from '../../report/steps-text.ts';
import { expectedText, filesNamed, outcomeText } from '../corpus.ts';
import type { Environment } from '../environment.ts';
import { outputOptions } from '../options.ts';
import { outputFor, type Output } from '../output.ts';
import {
  headLines,
  view,
  viewData,
  viewedStepLines,
  viewedStoryLines,
  viewOptions,
  type Viewed,
} from '../stored/view.ts';
import type { Command } from './command.ts';

const options = { ...viewOptions, ...outputOptions } as const;

type Flags = ArgumentsCamelCase<InferredOptionTypes<typeof options>>;

function verdictLine({ found, replayed }: Viewed, output: Output): string {
  const { good, bad } = output.style;
  const now = outcomeText(replayed);
  return replayed.asExpected
    ? `${good('AS RECORDED')}  ${now}`
    : `${bad('NOT AS RECORDED')}  recorded: ${expectedText(found)}; now: ${now}`;
}

const driftLines = ({ replayed }: Viewed): string[] =>
  replayed.drift === undefined
    ? []
    : labelled('note', `states differ from the recorded ones, from step ${replayed.drift} on`);

/** Errors: faults of the first file that has one. Returns 1 when a verdict is not as recorded. */
function replayFiles(environment: Environment, argv: Flags, paths: readonly string[]): number {
  const output = outputFor(environment, argv);
  const views = filesNamed(paths).map((file) => view(environment, file, argv));
  for (const viewed of views) {
    if (output.format !== 'text') {
      output.line(
        JSON.stringify(viewData(environment, viewed, argv), null, output.format === 'json' ? 2 : 0),
      );
      continue;
    }
    const quiet = output.verbosity === 0;
    const lines = [
      ...headLines('replay', viewed),
      ...(quiet ? [] : viewedStepLines(environment, viewed, argv, output.style)),
      ...(quiet ? [] : viewedStoryLines(environment, viewed)),
      ...driftLines(viewed),
      verdictLine(viewed, output),
    ];
    lines.forEach(output.line);
  }
  output.close();
  return views.every(({ replayed }) => replayed.asExpected) ? 0 : 1;
}

export const replayCommand: Command = {
  verbs: ['replay'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'replay <file..>',
      'Re-execute counterexample files and verify the recorded verdict',
      (command: Argv) =>
        command
          .positional('file', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'Counterexample files, or folders of them',
          })
          .options(options)
          .example('$0 replay counterexamples', 'All stored ones'),
      (argv) => finish(replayFiles(environment, argv, argv.file)),
    ),
};
