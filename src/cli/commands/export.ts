/** `export`: a stored counterexample in the format of another tool, or of a reader. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { writeWhole } from '../../counterexample/write-text.ts';
import { formats, type ExportFormat } from '../../export/formats.ts';
import { runFrom, type Run } from '../../export/run.ts';
import { expectedText, outcomeText } from '../corpus.ts';
import type { Environment } from '../environment.ts';
import { view } from '../stored/view.ts';
import type { Command } from './command.ts';

const ids = formats.map(({ id }) => id);

const options = {
  to: {
    choices: ids,
    demandOption: true,
    describe: `The format: ${formats.map(({ id, says }) => `${id}, ${says}`).join('; ')}`,
  },
  out: { type: 'string', describe: 'Write to this file [default: standard output]' },
  step: {
    type: 'string',
    describe: 'dot: the state after this step, 0 for the initial one [default: the violation]',
  },
  'accept-model-change': {
    type: 'boolean',
    default: false,
    describe: 'Go on with a file that was written for another model',
  },
} as const;

type Flags = ArgumentsCamelCase<InferredOptionTypes<typeof options> & { file: string }>;

/** Errors: fault 103 for what the format or the machine has not. */
function exported(format: ExportFormat, run: Run, step: number): string {
  if (format.of === 'run') return format.text(run);
  if (run.scenes === undefined) {
    throw new Fault('KMC-103', `--to ${format.id}: machine "${run.found.machine}" has no picture`, [
      `it has: ${formats
        .filter((one) => one.of === 'run')
        .map(({ id }) => id)
        .join(', ')}`,
    ]);
  }
  return format.text(run, run.scenes, step);
}

/** Errors: fault 103 when a step is named for a format of the whole run. */
function checkStep(argv: Flags, format: ExportFormat): void {
  if (argv.step === undefined || format.of === 'state') return;
  throw new Fault('KMC-103', `--step: ${format.id} shows the whole run`, ['Leave out --step.']);
}

/** Returns 1 when the verdict is not the recorded one; what is exported says what it is now. */
function exportFile(environment: Environment, argv: Flags): number {
  const { catalogue, out, err } = environment;
  const format: ExportFormat | undefined = formats.find(({ id }) => id === argv.to);
  if (format === undefined) throw new Error(`no format "${argv.to}"`);
  checkStep(argv, format);
  const whole = { diff: undefined, full: undefined, watch: undefined, hide: undefined };
  const viewed = view(environment, argv.file, { ...argv, ...whole });
  const run = runFrom(catalogue, viewed);
  const text = exported(format, run, viewed.step ?? run.violation?.step ?? run.steps.length);
  if (argv.out === undefined) {
    out(text);
  } else {
    writeWhole(argv.out, text);
    out(`exported ${argv.out}\n`);
  }
  const { found, replayed } = viewed;
  if (replayed.asExpected) return 0;
  err(`NOT AS RECORDED  recorded: ${expectedText(found)}; now: ${outcomeText(replayed)}\n`);
  return 1;
}

export const exportCommand: Command = {
  verbs: ['export'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'export <file>',
      'Convert a counterexample to the format of another tool, or to a page to read',
      (command: Argv) =>
        command
          .positional('file', { type: 'string', demandOption: true, describe: 'The file' })
          .options(options),
      (argv) => finish(exportFile(environment, argv)),
    ),
};
