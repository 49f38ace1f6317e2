/** `shrink`: a smaller counterexample of the same violation. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { executeTrace } from '../../counterexample/execute.ts';
import { readCounterexample } from '../../counterexample/load.ts';
import { counterexampleOf } from '../../counterexample/record.ts';
import { replay, type Replay } from '../../counterexample/replay.ts';
import { saveAs, saveIn } from '../../counterexample/save.ts';
import type { Counterexample } from '../../counterexample/schema.ts';
import { minimise } from '../../engine/minimise.ts';
import type { Violation } from '../../engine/outcome.ts';
import { compileMachine } from '../../engine/program.ts';
import { traceOf } from '../../engine/replay.ts';
import { stepLines } from '../../report/steps-text.ts';
import { minimalityText } from '../../report/text.ts';
import type { Environment } from '../environment.ts';
import { outputOptions, saveOptions, saveFolderOf } from '../options.ts';
import { outputFor } from '../output.ts';
import { reportedSteps } from '../found.ts';
import { wholeNumber } from '../values.ts';
import type { Command } from './command.ts';

const options = {
  'in-place': { type: 'boolean', describe: 'Replace the file', default: false },
  'max-states': {
    type: 'string',
    describe: 'States that the searches for a shorter run may visit [default: 300000]',
    group: 'Limits:',
  },
  'accept-model-change': {
    type: 'boolean',
    default: false,
    describe: 'Go on with a file that was written for another model',
  },
  ...saveOptions,
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<InferredOptionTypes<typeof options> & { file: string }>;

/** Errors: fault 103 when there is nothing to shrink. */
function violationOf(file: string, found: Counterexample, replayed: Replay): Violation {
  const { violation, run, machine } = replayed;
  if (found.expect.verdict === 'holds' || violation === undefined) {
    throw new Fault('KMC-103', `${file}: violates nothing, so there is nothing to shrink`);
  }
  if (found.loop !== undefined) {
    throw new Fault('KMC-103', `${file}: is a loop, which is not shrunk`, [
      'A search finds the shortest way into one: kvm-mmu-check check --liveness',
    ]);
  }
  const { step, property } = violation;
  const actions = run.steps.slice(0, step).map(({ action }) => action);
  const judged = step === 0 ? run.initialJudged : run.steps[step - 1]?.judged;
  const finding = judged?.[0]?.finding ?? { message: '', where: {} };
  const trace = traceOf(compileMachine(machine), actions, run.initial);
  return { property, finding, trace, minimality: { kind: 'none' } };
}

function save(argv: Arguments, small: Counterexample): string | undefined {
  if (argv.inPlace) {
    saveAs(argv.file, small);
    return argv.file;
  }
  const folder = saveFolderOf(argv.save);
  return folder === undefined ? undefined : saveIn(folder, small, new Set());
}

async function shrink(environment: Environment, argv: Arguments): Promise<number> {
  const { file, acceptModelChange, maxStates } = argv;
  const { catalogue, model } = environment;
  const output = outputFor(environment, argv);
  const found = readCounterexample(file);
  const replayed = replay(file, found, catalogue, { model, acceptModelChange });
  const { selection, machine } = replayed;
  const limit =
    maxStates === undefined
      ? {}
      : {
          searchStates: wholeNumber('max-states', maxStates, 0, Number.MAX_SAFE_INTEGER),
        };
  const control = {
    now: environment.now,
    interrupted: () => environment.stopSignal() !== undefined,
  };
  const violation = await minimise(machine, violationOf(file, found, replayed), limit, control);
  const run = executeTrace(machine, violation.trace);
  const origin = { selection, machine, catalogue, model, found: found.found };
  const { title, says, kernel, notes } = found;
  const small = { ...counterexampleOf(violation, origin, run), title, says, kernel, notes };
  const saved = save(argv, small);
  const signal = environment.stopSignal();
  const data = {
    schema: 'kvm-mmu-check/shrink@1',
    file,
    before: found.actions.length,
    after: small.actions.length,
    minimality: small.minimality,
    saved: saved ?? null,
  };
  if (output.format === 'text') {
    const lines = [
      `shrink  ${file}   ${data.before} steps -> ${data.after}   ` +
        minimalityText(violation.minimality.kind),
      ...stepLines(reportedSteps(environment, selection, run), output.style),
      ...(saved === undefined
        ? []
        : [`saved    ${saved}`, `replay   kvm-mmu-check replay ${saved}`]),
    ];
    lines.forEach(output.line);
  } else {
    output.line(JSON.stringify(data, null, output.format === 'json' ? 2 : 0));
  }
  output.close();
  if (signal !== undefined) return signal === 'SIGINT' ? 130 : 143;
  return 0;
}

export const shrinkCommand: Command = {
  verbs: ['shrink'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'shrink <file>',
      'Minimise a counterexample: nothing can go, or nothing shorter exists',
      (command: Argv) =>
        command
          .positional('file', { type: 'string', demandOption: true, describe: 'The file' })
          .options(options),
      async (argv) => finish(await shrink(environment, argv)),
    ),
};
