/** `rules`: what each rule could say instead, and what that breaks. */
import { statSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { writeWhole } from '../../counterexample/write-text.ts';
import {
  sweepSchemaName,
  type SweepDocument,
  type SweepRow,
  type SweepVerdict,
} from '../../report/sweep/schema.ts';
import { sweepReporter } from '../../report/sweep/reporter.ts';
import { brief } from '../../report/style.ts';
import { limitsOf, workersOf } from '../check-options.ts';
import type { Environment } from '../environment.ts';
import { limitOptions, outputOptions } from '../options.ts';
import { outputFor } from '../output.ts';
import { progressOn } from '../progress.ts';
import { bookIn, type Book } from '../sweep/book.ts';
import { alternativesFor, alternativeText, candidatesFor, sweptScenarios } from '../sweep/plan.ts';
import { Sweep } from '../sweep/sweep.ts';
import { commandLine, type Command } from './command.ts';

const options = {
  scenario: {
    type: 'string',
    array: true,
    describe: 'Try values in these scenarios alone [default: all of CI, and those of mutants]',
    group: 'What to check:',
  },
  resume: {
    type: 'string',
    describe: 'Keep results in this file, and do not search again what it has',
    group: 'What to check:',
  },
  'max-states': { type: 'string', describe: 'Most distinct states per search', group: 'Limits:' },
  'max-memory': { type: 'string', describe: 'Most memory: 512M, 4G', group: 'Limits:' },
  ...limitOptions,
  workers: { type: 'string', default: 'auto', describe: 'Threads: auto or a number' },
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<
  InferredOptionTypes<typeof options> & { rule: string[] | undefined }
>;

const given = (flag: string, text: string | undefined): string[] =>
  text === undefined ? [] : [flag, text];

const repeatOf = (argv: Arguments): string =>
  commandLine(
    'rules',
    ...(argv.rule ?? []),
    ...(argv.scenario === undefined ? [] : ['--scenario', ...argv.scenario]),
    ...given('--max-states', argv.maxStates),
    ...given('--max-depth', argv.maxDepth),
    ...given('--timeout', argv.timeout),
    ...given('--max-memory', argv.maxMemory),
    ...given('--resume', argv.resume),
  );

/** A signal outweighs all, and what is wrong a doubt. */
function exitCodeOf(environment: Environment, rows: readonly SweepRow[], book: Book): number {
  const signal = environment.stopSignal();
  if (signal !== undefined) return signal === 'SIGINT' ? 130 : 143;
  const has = (...verdicts: readonly SweepVerdict[]) =>
    rows.some(({ verdict }) => verdicts.includes(verdict));
  const isWrong = book.contents().bases.some(({ violates }) => violates !== null);
  if (isWrong || rows.some((row) => isLost(environment, row))) return 1;
  return has('open', 'not-asked') ? 2 : 0;
}

/** A known bug is this value, and its scenario was searched in full without finding it. */
const isLost = ({ catalogue }: Environment, { verdict, mutants, holds }: SweepRow): boolean =>
  verdict !== 'needed' &&
  catalogue.mutants.some(({ id, scenario }) => mutants.includes(id) && holds.includes(scenario));

const tallied = (rows: readonly SweepRow[]): SweepDocument['verdicts'] => {
  const tally: Partial<Record<SweepVerdict, number>> = {};
  for (const { verdict } of rows) tally[verdict] = (tally[verdict] ?? 0) + 1;
  return tally;
};

/** A file of hours shall not be found missing at its end. Errors: fault 103. */
function checkFile(file: string): void {
  const there = statSync(file, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    throw new Fault('KMC-103', `${file}: is no regular file`, ['Name another file.']);
  }
}

async function rules(environment: Environment, argv: Arguments): Promise<number> {
  const { catalogue, model } = environment;
  const alternatives = alternativesFor(catalogue, argv.rule ?? []);
  const scenarios = sweptScenarios(catalogue, argv.scenario ?? []);
  const { resume } = argv;
  if (resume !== undefined) checkFile(resume);
  const book = bookIn(environment, resume);
  const limits = limitsOf(argv);
  const workers = workersOf(argv);
  const output = outputFor(environment, argv);
  const progress = progressOn(environment, output.showProgress);
  const column = Math.max(0, ...alternatives.map((one) => alternativeText(one).length));
  const { style, elapsed, line } = output;
  const reporter = sweepReporter(output.format, line, { style, column, elapsed });
  const rows: SweepRow[] = [];
  const documentNow = (): SweepDocument => ({
    schema: sweepSchemaName,
    model: { ...model },
    repeat: repeatOf(argv),
    scenarios: scenarios.map(({ id }) => id),
    values: alternatives.length,
    verdicts: tallied(rows),
    exitCode: exitCodeOf(environment, rows, book),
    rules: [...rows],
    ...book.contents(),
  });
  const save = () => {
    if (resume !== undefined) writeWhole(resume, `${JSON.stringify(documentNow(), null, 1)}\n`);
  };
  save();
  const sweep = new Sweep({
    environment,
    catalogue,
    limits,
    ...(workers === undefined ? {} : { workers }),
    book,
    save,
    reporter,
    onProgress: (searching, statistics) => {
      const at = `${rows.length} of ${alternatives.length} values`;
      progress.say(`${at}   ${searching}: ${brief(statistics.states)} states`);
      reporter.progressed(searching, statistics);
    },
  });
  for (const alternative of alternatives) {
    if (environment.stopSignal() !== undefined) break;
    const row = await sweep.decide(alternative, candidatesFor(catalogue, scenarios, alternative));
    rows.push(row);
    progress.clear();
    reporter.decided(row);
  }
  save();
  const document = documentNow();
  reporter.ended(document);
  output.close();
  return document.exitCode;
}

export const rulesCommand: Command = {
  verbs: ['rules'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'rules [rule..]',
      'Try what each rule could say instead: needed, costs only, or not needed',
      (command: Argv) =>
        command
          .positional('rule', {
            type: 'string',
            array: true,
            describe: 'Rules, or rule=value [default: all values of all rules]',
          })
          .options(options)
          .example('$0 rules lookup_unsync', 'All that the rule could say instead')
          .example('$0 rules --resume rules.json', 'All rules; give it again to go on'),
      async (argv) => finish(await rules(environment, argv)),
    ),
};
