/** `export`: a stored counterexample in the format of another tool, or of a reader. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { readCounterexample } from '../../counterexample/load.ts';
import { replay } from '../../counterexample/replay.ts';
import { writeWhole } from '../../counterexample/save.ts';
import { formats, type ExportFormat } from '../../export/formats.ts';
import { runFrom, type Run } from '../../export/run.ts';
import { expectedText, outcomeText } from '../corpus.ts';
import type { Environment } from '../environment.ts';
import { reportedSteps } from '../search.ts';
import { wholeNumber } from '../values.ts';
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

function stepNumber(argv: Flags, format: ExportFormat, run: Run): number {
  if (argv.step === undefined) return run.violation?.step ?? run.steps.length;
  if (format.of !== 'state') {
    throw new Fault('KMC-103', `--step: ${format.id} shows the whole run`, ['Leave out --step.']);
  }
  return wholeNumber('step', argv.step, 0, run.steps.length);
}

/** Returns 1 when the verdict is not the recorded one; what is exported says what it is now. */
function exportFile(environment: Environment, argv: Flags): number {
  const { catalogue, model, out, err } = environment;
  const { file, acceptModelChange } = argv;
  const format: ExportFormat | undefined = formats.find(({ id }) => id === argv.to);
  if (format === undefined) throw new Error(`no format "${argv.to}"`);
  const found = readCounterexample(file);
  const replayed = replay(file, found, catalogue, { model, acceptModelChange });
  const steps = reportedSteps(environment, replayed.selection, replayed.run);
  const run = runFrom(catalogue, file, found, replayed, steps);
  const text = exported(format, run, stepNumber(argv, format, run));
  if (argv.out === undefined) {
    out(text);
  } else {
    writeWhole(argv.out, text);
    out(`exported ${argv.out}\n`);
  }
  if (replayed.asExpected) return 0;
  err(`NOT AS RECORDED  recorded: ${expectedText(found)}; now: ${outcomeText(replayed)}\n`);
  return 1;
}

export const exportCommand: Command = {
  verbs: ['export'],
  flags: Object.keys(options),
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
