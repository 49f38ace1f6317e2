/** `show`: a stored counterexample, read out. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { labelled } from '../../report/steps-text.ts';
import type { Style } from '../../report/style.ts';
import { violationLine } from '../../report/text.ts';
import type { Environment } from '../environment.ts';
import { outputOptions } from '../options.ts';
import { outputFor } from '../output.ts';
import { pictureData, pictureLines, writeSvg } from '../stored/picture.ts';
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

const options = {
  ...viewOptions,
  picture: {
    type: 'boolean',
    describe: 'Tables, shadow pages, rmap and TLBs after --step, or in the last state',
  },
  svg: { type: 'string', describe: 'Write that picture to this file, as SVG' },
  ...outputOptions,
} as const;

type Flags = ArgumentsCamelCase<InferredOptionTypes<typeof options>>;

/** How long the run is, and where it breaks what. */
function placeLines({ found, breach, steps }: Viewed, style: Style): string[] {
  const length = steps.length;
  if (breach === undefined)
    return labelled('length', `${length} steps, none of them breaks anything`);
  return [violationLine({ ...breach, length, minimality: found.minimality }, style)];
}

/** What people wrote of it. A run that holds says here what it shows. */
function aboutLines({ found, breach }: Viewed): string[] {
  const { functions, commit, thread } = found.kernel;
  const kernel = [...functions, ...(commit ? [commit] : []), ...(thread ? [thread] : [])];
  return [
    ...labelled('title', found.title),
    ...(breach === undefined ? labelled('says', found.says) : []),
    ...(kernel.length === 0 ? [] : labelled('kernel', kernel.join(', '))),
    ...(found.notes === '' ? [] : labelled('notes', found.notes)),
  ];
}

function showFile(environment: Environment, argv: Flags, file: string): number {
  const output = outputFor(environment, argv);
  const viewed = view(environment, file, argv);
  if (output.format !== 'text') {
    const { says, notes } = viewed.found;
    const picture = argv.picture === true ? { picture: pictureData(environment, viewed) } : {};
    const data = { ...viewData(environment, viewed, argv), says, notes, ...picture };
    output.line(JSON.stringify(data, null, output.format === 'json' ? 2 : 0));
  } else {
    const lines = [
      ...headLines('show', viewed),
      ...aboutLines(viewed),
      ...placeLines(viewed, output.style),
      ...viewedStepLines(environment, viewed, argv, output.style),
      ...(argv.picture === true ? pictureLines(environment, viewed) : []),
      ...viewedStoryLines(environment, viewed),
    ];
    lines.forEach(output.line);
  }
  if (argv.svg !== undefined) writeSvg(environment, viewed, argv.svg);
  output.close();
  return 0;
}

export const showCommand: Command = {
  verbs: ['show'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'show <file>',
      'Print a counterexample, with its reasons and what each step changes',
      (command: Argv) =>
        command
          .positional('file', {
            type: 'string',
            demandOption: true,
            describe: 'A counterexample file',
          })
          .options(options),
      (argv) => finish(showFile(environment, argv, argv.file)),
    ),
};
